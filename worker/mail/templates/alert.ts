import { button, defineTemplate, note, paragraph } from '../compose.ts';

const VARIABLES = [
  'name',
  'organization',
  'alert',
  'dashboard',
  'figure',
  'value',
  'comparison',
  'threshold',
  'since',
  'dashboard_id',
] as const;

/** When a figure has crossed the threshold of an alert. */
export const alertBreached = defineTemplate(VARIABLES, (variables, links) => ({
  subject: `${variables.alert}: ${variables.value} is ${variables.comparison} ${variables.threshold}`,
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph(
      `the alert “${variables.alert}” of ${variables.organization} has gone off: ${variables.figure} is ${variables.value}, which is ${variables.comparison} ${variables.threshold}. That was at ${variables.since}.`,
    ),
    button(
      `Look at ${variables.dashboard}`,
      links.to('/dashboards', { id: variables.dashboard_id }),
    ),
    note('You hear of it again when it is over, and not before.'),
  ],
}));

/** When it is well again. */
export const alertRecovered = defineTemplate(VARIABLES, (variables, links) => ({
  subject: `${variables.alert}: over`,
  blocks: [
    paragraph(`Hello ${variables.name},`),
    paragraph(
      `the alert “${variables.alert}” of ${variables.organization} is over since ${variables.since}: ${variables.figure} is ${variables.value}.`,
    ),
    button(
      `Look at ${variables.dashboard}`,
      links.to('/dashboards', { id: variables.dashboard_id }),
    ),
  ],
}));
