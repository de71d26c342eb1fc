import { add, type Values } from '../projects/fixtures.ts';
import { ask, type House } from './nurturing.ts';

/** Variants by their keys, with their weights. */
export type Variants = Readonly<Record<string, number>>;

/** A test of visitors; the first variant is the control. Running, unless told otherwise. */
export async function addTest(
  house: House,
  variants: Variants = { control: 1, other: 1 },
  { status = 'running', ...values }: Values = {},
): Promise<string> {
  const organization_id = house.cast.organizationId;
  const id = await add(house.client, 'marketing.ab_tests', {
    organization_id,
    name: 'Subject',
    unit_kind: 'visitor',
    goal: 'signed_up',
    ...values,
  });
  for (const [key, weight] of Object.entries(variants)) {
    await add(house.client, 'marketing.ab_test_variants', {
      organization_id,
      ab_test_id: id,
      key,
      name: key,
      weight,
      is_control: key === Object.keys(variants)[0],
    });
  }
  if (status === 'running')
    await ask(house, 'select s.id from marketing.start_ab_test($1) s', [id]);
  return id;
}
