import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const { createContext } = vm;

/**
 * jest's environment of Node with a global object that is an ordinary one. jest's own is a proxy, which is asked each time
 * that any code of the test looks up a `Map` or an `Error`; all that runs in it is slower for that.
 */
export default class Realm extends TestEnvironment {
  constructor(...given: ConstructorParameters<typeof TestEnvironment>) {
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...given);
    } finally {
      vm.createContext = createContext;
    }
    // Traces of a hundred frames, as jest wants them, cost more than they tell: pg takes one for each query.
    this.global.Error.stackTraceLimit = 10;
  }
}
