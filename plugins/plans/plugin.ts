import { isA, type Plan, type Select } from './internals.ts';
import { rememberSelect } from './remembered-selects.ts';
import { writeRowsAsJson } from './rows-as-json.ts';
import { layersOf, stepsOf } from './shape.ts';

const seen = new WeakSet<Plan>();

/** Makes the plans of operations, once they are made, cheaper to carry out. They do the same as before. */
export const PlansPlugin: GraphileConfig.Plugin = {
  name: 'CallboardPlansPlugin',
  description: 'Lets Postgres write the rows of lists as JSON, and selects remember their SQL.',
  version: '1.0.0',
  grafast: {
    middleware: {
      prepareArgs(next, { args }) {
        // Over HTTP the answer is a text in the end.
        if (args.requestContext?.http) Object.assign(args, { outputDataAsString: true });
        return next();
      },
      establishOperationPlan(next) {
        const plan = next() as Plan;
        if (seen.has(plan)) return plan;
        seen.add(plan);
        writeRowsAsJson(plan);
        for (const step of layersOf(plan.rootLayerPlan).flatMap(stepsOf)) {
          if (isA(step, 'PgSelectStep')) rememberSelect(step as Select);
        }
        return plan;
      },
    },
  },
};
