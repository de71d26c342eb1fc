create table marketing.nurturing_sequences (
  like platform.tenant_row including all,
  name text not null check (btrim(name) <> '' and length(name) <= 200),
  description text check (length(description) <= 10000),
  status text not null default 'draft' check (status in ('draft', 'active', 'paused', 'archived')),
  enroll_segment_id uuid,
  enroll_event text check (btrim(enroll_event) <> '' and length(enroll_event) <= 200),
  goal_event text check (btrim(goal_event) <> '' and length(goal_event) <= 200),
  goal_condition jsonb check (jsonb_typeof(goal_condition) = 'object' and length(goal_condition::text) <= 20000),
  exit_on text[] not null default '{converted,replied}' check (exit_on <@ '{converted,replied,disqualified}'::text[]),
  reenrollment text not null default 'never' check (reenrollment in ('never', 'after_end')),
  reenroll_after interval not null default '0' check (reenroll_after >= interval '0' and reenroll_after <= interval '10 years'),
  activated_at timestamptz,
  check (status <> 'active' or activated_at is not null)
);
create index on marketing.nurturing_sequences (organization_id, status);
create index on marketing.nurturing_sequences (organization_id, name);
create index on marketing.nurturing_sequences (organization_id, enroll_segment_id) where enroll_segment_id is not null;
create index on marketing.nurturing_sequences (organization_id, enroll_event) where enroll_event is not null;
create index on marketing.nurturing_sequences (organization_id, goal_event) where goal_event is not null;
comment on table marketing.nurturing_sequences is
  'Mails that a lead gets one after the other, each when its time has come (seed nurturing_sequences). saveNurturingSequence '
  'writes one with its steps. Changes of an active one hold from the next step of each lead on: what it waits for already it '
  'waits for to the end; a step that was taken out is passed by, without a mail.';
comment on column marketing.nurturing_sequences.status is
  'draft: nothing happens. active: leads are enrolled and mails go out. paused: nothing is due until it is active again; then '
  'what has become due meanwhile is. archived: for good; those who were in it have left.';
comment on column marketing.nurturing_sequences.enroll_segment_id is 'Leads that come into this segment are enrolled.';
comment on column marketing.nurturing_sequences.enroll_event is 'Leads of whom an event of this name is told are enrolled.';
comment on column marketing.nurturing_sequences.goal_event is
  'What the sequence is for: leads of whom an event of this name is told leave it, with the reason goal.';
comment on column marketing.nurturing_sequences.goal_condition is
  'What the sequence is for: leads to whom this condition applies leave it, with the reason goal, instead of getting their '
  'next mail. Written as the condition of a step.';
comment on column marketing.nurturing_sequences.exit_on is
  'When a lead leaves: converted, replied (to a mail of the sequence), disqualified (its status is unqualified or lost). '
  'Whoever unsubscribes, withdraws consent, complains, or has an address that does not work, or is archived, always leaves.';
comment on column marketing.nurturing_sequences.reenrollment is
  'never: a lead goes through it once. after_end: again, once it has completed or left it.';
comment on column marketing.nurturing_sequences.reenroll_after is 'How long after the end, at least.';
comment on column marketing.nurturing_sequences.activated_at is 'When it was last made active.';

create table marketing.nurturing_steps (
  like platform.tenant_row including all,
  sequence_id uuid not null,
  key text not null check (key ~ '^[a-z0-9][a-z0-9_-]*$' and length(key) <= 50),
  position integer not null default 0,
  name text check (btrim(name) <> '' and length(name) <= 200),
  delay interval not null default '0'
    check (least(extract(year from delay), extract(month from delay), extract(day from delay), extract(hour from delay),
                 extract(minute from delay), extract(second from delay)) >= 0
           and delay <= interval '2 years'),
  counts_working_days boolean not null default false,
  send_days smallint[] not null default '{1,2,3,4,5,6,7}'
    check (send_days <@ '{1,2,3,4,5,6,7}'::smallint[] and cardinality(send_days) between 1 and 7),
  send_from time not null default '00:00' check (send_from < time '24:00'),
  send_until time not null default '24:00' check (send_until > time '00:00'),
  condition jsonb check (jsonb_typeof(condition) = 'object' and length(condition::text) <= 20000),
  otherwise_step_id uuid,
  template_id uuid not null,
  variables jsonb not null default '{}'
    check (jsonb_typeof(variables) = 'object' and length(variables::text) <= 65536),
  ab_test_id uuid,
  branch_on text check (branch_on in ('opened', 'clicked', 'replied')),
  branch_wait interval
    check (least(extract(year from branch_wait), extract(month from branch_wait), extract(day from branch_wait),
                 extract(hour from branch_wait), extract(minute from branch_wait), extract(second from branch_wait)) >= 0
           and branch_wait >= interval '1 minute' and branch_wait <= interval '1 year'),
  branch_step_id uuid,
  next_step_id uuid,
  unique (organization_id, sequence_id, id),
  unique nulls not distinct (organization_id, sequence_id, key, deleted_at),
  constraint nurturing_steps_window_check check (send_from <> send_until),
  constraint nurturing_steps_working_days_check
    check (not counts_working_days or extract(year from delay) = 0 and extract(month from delay) = 0),
  constraint nurturing_steps_branch_check
    check ((branch_on is null) = (branch_wait is null) and (branch_on is not null or branch_step_id is null)),
  constraint nurturing_steps_otherwise_check check (condition is not null or otherwise_step_id is null),
  foreign key (organization_id, sequence_id) references marketing.nurturing_sequences,
  foreign key (organization_id, template_id) references marketing.email_templates,
  foreign key (organization_id, ab_test_id) references marketing.ab_tests,
  foreign key (organization_id, sequence_id, otherwise_step_id)
    references marketing.nurturing_steps (organization_id, sequence_id, id),
  foreign key (organization_id, sequence_id, branch_step_id)
    references marketing.nurturing_steps (organization_id, sequence_id, id),
  foreign key (organization_id, sequence_id, next_step_id)
    references marketing.nurturing_steps (organization_id, sequence_id, id)
);
create index on marketing.nurturing_steps (organization_id, sequence_id, position);
create index on marketing.nurturing_steps (organization_id, template_id);
create index on marketing.nurturing_steps (organization_id, ab_test_id);
create index on marketing.nurturing_steps (organization_id, sequence_id, otherwise_step_id);
create index on marketing.nurturing_steps (organization_id, sequence_id, branch_step_id);
create index on marketing.nurturing_steps (organization_id, sequence_id, next_step_id);
comment on table marketing.nurturing_steps is
  'The steps of a sequence, a mail each (seed nurturing_schedule). The first by position is where leads begin. In a sequence '
  'that has begun they always make a whole: every step can be reached, and every circle takes a day or more.';
comment on constraint nurturing_steps_window_check on marketing.nurturing_steps is
  'The time from which mail goes out is not the one until which.';
comment on constraint nurturing_steps_working_days_check on marketing.nurturing_steps is
  'A delay in working days has no months or years.';
comment on constraint nurturing_steps_branch_check on marketing.nurturing_steps is
  'What a step branches on needs how long to wait for it, and the other way round; a step to go to needs both.';
comment on constraint nurturing_steps_otherwise_check on marketing.nurturing_steps is
  'A step for those who do not meet the condition needs a condition.';
comment on column marketing.nurturing_steps.key is 'What the step is called by other steps and by programs; unique in the sequence.';
comment on column marketing.nurturing_steps.position is 'The order in which steps are shown; leads go by next_step_id.';
comment on column marketing.nurturing_steps.delay is
  'How long after the step before. Days and months by the calendar of the lead, at the same time of the clock; hours exactly.';
comment on column marketing.nurturing_steps.counts_working_days is
  'Whether the days of the delay are counted from Monday to Friday only.';
comment on column marketing.nurturing_steps.send_days is
  'The days on which the mail may go out, where the lead is: 1 is Monday, 7 is Sunday.';
comment on column marketing.nurturing_steps.send_from is
  'From when on those days, by the clocks where the lead is (the time zone of the lead, or else of the organization).';
comment on column marketing.nurturing_steps.send_until is
  'Until before when; 00:00 is the midnight at the end of the day. Earlier than send_from: after midnight, and the night '
  'belongs to the day on which it began.';
comment on column marketing.nurturing_steps.condition is
  'Who gets the mail; null: everybody. {"field": "score", "op": ">=", "value": 50}, {"segment": "<its id>"}, '
  '{"all": […]}, {"any": […]}, {"not": …}. Looked at when the mail is due.';
comment on column marketing.nurturing_steps.otherwise_step_id is
  'Where those go on to whom the condition does not apply; null: to the next step, as the others.';
comment on column marketing.nurturing_steps.variables is
  'Values of the template''s own variables; those without a default have to be there.';
comment on column marketing.nurturing_steps.ab_test_id is
  'A test of leads whose variants say which template is sent; each lead always gets the same variant.';
comment on column marketing.nurturing_steps.branch_on is
  'What to wait for before going on: that a person opened the mail, followed a link in it, or replied.';
comment on column marketing.nurturing_steps.branch_wait is 'How long to wait for it.';
comment on column marketing.nurturing_steps.branch_step_id is
  'Where those go on, at once, who did it in time; null: the sequence is completed for them.';
comment on column marketing.nurturing_steps.next_step_id is
  'Where the others go on; null: the sequence is completed.';

-- Written by functions alone, at each step: no audit and no change feed.
create table marketing.nurturing_enrollments (
  like platform.tenant_log_row including all,
  workspace_id uuid,
  sequence_id uuid not null,
  lead_id uuid not null,
  status text not null default 'active' check (status in ('active', 'paused', 'completed', 'exited')),
  source text not null default 'manual' check (source in ('manual', 'segment', 'event')),
  source_name text check (length(source_name) <= 200),
  step_id uuid,
  phase text not null default 'send' check (phase in ('send', 'branch')),
  round integer not null default 1 check (round > 0),
  steps_taken integer not null default 0 check (steps_taken >= 0),
  next_run_at timestamptz check (isfinite(next_run_at)),
  paused_at timestamptz,
  ended_at timestamptz,
  exit_reason text
    check (exit_reason in ('goal', 'converted', 'replied', 'disqualified', 'unsubscribed', 'consent_withdrawn', 'no_consent',
                           'hard_bounce', 'complaint', 'suppressed', 'manual', 'lead_archived', 'sequence_archived',
                           'merged')),
  created_by uuid references identity.users,
  primary key (organization_id, id),
  check ((status = 'paused') = (paused_at is not null)),
  check ((status in ('completed', 'exited')) = (ended_at is not null)),
  check ((status = 'exited') = (exit_reason is not null)),
  check (status not in ('active', 'paused') or step_id is not null and next_run_at is not null),
  foreign key (organization_id, workspace_id) references tenancy.workspaces,
  foreign key (organization_id, sequence_id) references marketing.nurturing_sequences,
  foreign key (organization_id, lead_id) references crm.leads,
  foreign key (organization_id, sequence_id, step_id)
    references marketing.nurturing_steps (organization_id, sequence_id, id)
) with (fillfactor = 80);
create unique index nurturing_enrollments_one_live on marketing.nurturing_enrollments (organization_id, sequence_id, lead_id)
  where status in ('active', 'paused');
create index nurturing_enrollments_due on marketing.nurturing_enrollments (organization_id, sequence_id, next_run_at)
  where status = 'active';
create index on marketing.nurturing_enrollments (organization_id, sequence_id, step_id, status);
create index on marketing.nurturing_enrollments (organization_id, lead_id, status);
create index on marketing.nurturing_enrollments (organization_id, workspace_id);
create index on marketing.nurturing_enrollments (organization_id, status);
comment on table marketing.nurturing_enrollments is
  'Leads in sequences (seed nurturing_enrollments): where each is, what it waits for, and how it ended. A lead is in a '
  'sequence once at a time.';
comment on column marketing.nurturing_enrollments.workspace_id is 'That of the lead: who does not see the lead does not see this.';
comment on column marketing.nurturing_enrollments.occurred_at is 'When the lead was enrolled.';
comment on column marketing.nurturing_enrollments.source is 'By hand, by a segment or by an event.';
comment on column marketing.nurturing_enrollments.source_name is 'The id of the segment, or the name of the event.';
comment on column marketing.nurturing_enrollments.step_id is
  'The step whose mail is due next, or whose mail is waited for; of those that ended, the last one.';
comment on column marketing.nurturing_enrollments.phase is
  'send: the mail of the step is due at next_run_at. branch: it is out, and what the step branches on is waited for until then.';
comment on column marketing.nurturing_enrollments.round is
  'How often the lead has gone back to an earlier step, plus 1: in each round a step sends once.';
comment on column marketing.nurturing_enrollments.steps_taken is 'How many steps were taken, with or without a mail.';
comment on column marketing.nurturing_enrollments.next_run_at is 'When it goes on, while the sequence and the enrolment are active.';
comment on column marketing.nurturing_enrollments.exit_reason is
  'goal, converted, replied, disqualified; unsubscribed, consent_withdrawn, no_consent (where the settings ask '
  'for it), hard_bounce, complaint or suppressed: the lead may not be written to; manual; lead_archived, sequence_archived; merged: '
  'the lead became one with another, who is further or has been through it.';

-- One mail for each enrolment, step and round, whoever queues it.
alter table marketing.email_queue
  add enrollment_id uuid,
  add step_id uuid,
  add step_round integer check (step_round > 0),
  add constraint email_queue_once_a_step unique (organization_id, enrollment_id, step_id, step_round),
  add check (num_nulls(enrollment_id, step_id, step_round) in (0, 3)),
  add foreign key (organization_id, enrollment_id) references marketing.nurturing_enrollments,
  add foreign key (organization_id, step_id) references marketing.nurturing_steps;
create index on marketing.email_queue (organization_id, step_id, status);
comment on column marketing.email_queue.enrollment_id is 'The enrolment in a nurturing sequence that it belongs to.';
comment on column marketing.email_queue.step_id is 'The step of the sequence.';
comment on column marketing.email_queue.step_round is E'@behavior -*\nThe round of the enrolment: in each a step sends once.';

-- When the job of a sequence wakes. Whoever makes something due earlier says so here; see marketing.wake_sequences.
create table marketing.nurturing_wakes (
  organization_id uuid not null,
  sequence_id uuid not null,
  wakes_at timestamptz not null default 'infinity',
  primary key (organization_id, sequence_id),
  foreign key (organization_id, sequence_id) references marketing.nurturing_sequences
);
create index on marketing.nurturing_wakes (wakes_at) where wakes_at < 'infinity';
comment on table marketing.nurturing_wakes is
  'When the job of each sequence wakes: the earliest next_run_at, or earlier; infinity: nothing is waited for.';

create type marketing.nurturing_sequence_draft as (
  row_id uuid,
  name text,
  description text,
  enroll_segment_id uuid,
  enroll_event text,
  goal_event text,
  goal_condition jsonb,
  exit_on text[],
  reenrollment text,
  reenroll_after interval,
  expected_updated_at timestamptz
);
comment on type marketing.nurturing_sequence_draft is 'A sequence as saveNurturingSequence takes it.';
comment on column marketing.nurturing_sequence_draft.row_id is
  'The sequence to change; without it a new one is made, as a draft.';
comment on column marketing.nurturing_sequence_draft.name is 'What it is called, in 200 characters at most; needed.';
comment on column marketing.nurturing_sequence_draft.description is 'In 10 000 characters at most; left out, there is none.';
comment on column marketing.nurturing_sequence_draft.enroll_segment_id is
  'Leads that come into this segment are enrolled; left out: no segment enrols.';
comment on column marketing.nurturing_sequence_draft.enroll_event is
  'Leads of whom an event of this name is told are enrolled; left out: no event enrols.';
comment on column marketing.nurturing_sequence_draft.goal_event is
  'Leads of whom an event of this name is told leave, with the reason goal; left out: no event is the goal.';
comment on column marketing.nurturing_sequence_draft.goal_condition is
  'Leads to whom this condition applies leave, with the reason goal, instead of getting their next mail; written as the '
  'condition of a step. Left out, there is none.';
comment on column marketing.nurturing_sequence_draft.exit_on is
  'When a lead leaves: any of converted, replied (to a mail of the sequence) and disqualified (its status is unqualified or '
  'lost). Left out: converted and replied.';
comment on column marketing.nurturing_sequence_draft.reenrollment is
  'never: a lead goes through it once. after_end: again, once it has completed or left it. Left out: never.';
comment on column marketing.nurturing_sequence_draft.reenroll_after is
  'How long after the end, at least, 10 years at most; left out: at once.';
comment on column marketing.nurturing_sequence_draft.expected_updated_at is
  'The updated_at that was read: if somebody has changed the sequence since, nothing is saved (CONFLICT).';

create type marketing.nurturing_step_draft as (
  key text,
  name text,
  delay interval,
  counts_working_days boolean,
  send_days smallint[],
  send_from time,
  send_until time,
  condition jsonb,
  otherwise text,
  template_id uuid,
  variables jsonb,
  ab_test_id uuid,
  branch_on text,
  branch_wait interval,
  branch text,
  next text,
  is_last boolean
);
comment on type marketing.nurturing_step_draft is 'A step as saveNurturingSequence takes it. Other steps are named by their keys.';
comment on column marketing.nurturing_step_draft.key is
  'Which step it is: one that the sequence has is changed, others are new. Lower-case letters, digits, _ and -, 50 at most. '
  'Left out: step-1, step-2 … by the place in the list.';
comment on column marketing.nurturing_step_draft.name is 'What people call it, in 200 characters at most; left out, nothing.';
comment on column marketing.nurturing_step_draft.delay is
  'How long after the step before, 2 years at most; left out: at once. Days and months by the calendar of the lead, at the '
  'same time of the clock; hours exactly.';
comment on column marketing.nurturing_step_draft.counts_working_days is
  'Whether the days of the delay are counted from Monday to Friday only; left out: no. A delay has no months or years then.';
comment on column marketing.nurturing_step_draft.send_days is
  'The days on which the mail may go out, where the lead is: 1 is Monday, 7 is Sunday. Left out: all of them.';
comment on column marketing.nurturing_step_draft.send_from is
  'From when on those days, by the clocks where the lead is; left out: from 00:00.';
comment on column marketing.nurturing_step_draft.send_until is
  'Until before when; left out: 24:00. Earlier than send_from: after midnight, and the night belongs to the day on which it '
  'began. Never the same as send_from.';
comment on column marketing.nurturing_step_draft.condition is
  'Who gets the mail, looked at when it is due; left out: everybody. {"field": "score", "op": ">=", "value": 50}, '
  '{"segment": "<its id>"}, {"all": […]}, {"any": […]}, {"not": …}.';
comment on column marketing.nurturing_step_draft.otherwise is
  'The key of the step for those to whom the condition does not apply; left out: they go on as the others do.';
comment on column marketing.nurturing_step_draft.template_id is 'The template that is sent; needed.';
comment on column marketing.nurturing_step_draft.variables is
  'An object with values of the template''s own variables; those without a default have to be there. Left out: {}.';
comment on column marketing.nurturing_step_draft.ab_test_id is
  'A test of leads whose variants say which template is sent instead; left out, there is none.';
comment on column marketing.nurturing_step_draft.branch_on is
  'What to wait for before going on: that a person opened the mail, followed a link in it, or replied. Left out: nothing; '
  'otherwise branch_wait is needed.';
comment on column marketing.nurturing_step_draft.branch_wait is
  'How long to wait for it: a minute to a year. Only with branch_on.';
comment on column marketing.nurturing_step_draft.branch is
  'The key of the step for those who opened, clicked or replied in time; left out: the sequence is completed for them. Only '
  'with branch_on.';
comment on column marketing.nurturing_step_draft.next is
  'The key of the step that follows; left out: the next one in the list.';
comment on column marketing.nurturing_step_draft.is_last is
  'Whether the sequence ends after this step, wherever it stands; left out: no, unless it is the last in the list. A last '
  'one has no next.';

create type marketing.enrollment_outcome as (
  lead_id uuid,
  outcome text,
  enrollment_id uuid
);
comment on type marketing.enrollment_outcome is 'What came of enrolling one lead.';
comment on column marketing.enrollment_outcome.outcome is
  'enrolled; already_enrolled; was_enrolled (and may not be again, or not yet); suppressed, consent_withdrawn or '
  'no_consent (may not be written to); exit_condition (it would leave at once); unknown_lead.';
comment on column marketing.enrollment_outcome.enrollment_id is 'The enrolment that it is in.';

create type marketing.nurturing_schedule_entry as (
  step_id uuid,
  step_key text,
  template_id uuid,
  due_at timestamptz,
  sends_at timestamptz,
  time_zone text,
  applies boolean,
  arrived_by text,
  assumed text
);
comment on type marketing.nurturing_schedule_entry is 'One step of a lead''s way through a sequence, as it would be.';
comment on column marketing.nurturing_schedule_entry.template_id is
  'What would be sent: of a running A/B test, what the lead''s variant says. Null when the condition does not apply.';
comment on column marketing.nurturing_schedule_entry.due_at is 'When the delay is over.';
comment on column marketing.nurturing_schedule_entry.sends_at is 'When the mail would go out: the first moment of the send window.';
comment on column marketing.nurturing_schedule_entry.time_zone is 'The zone that the window was taken in.';
comment on column marketing.nurturing_schedule_entry.applies is 'Whether the condition applies to the lead as it is now.';
comment on column marketing.nurturing_schedule_entry.arrived_by is 'start, next, otherwise or branch: how the lead comes here.';
comment on column marketing.nurturing_schedule_entry.assumed is
  'Of a step that branches: what was taken for granted about it, such as "not opened".';

create type marketing.nurturing_step_funnel as (
  step_id uuid,
  key text,
  waiting bigint,
  queued bigint,
  sent bigint,
  not_sent bigint,
  delivered bigint,
  opened bigint,
  clicked bigint,
  replied bigint,
  open_rate double precision,
  click_rate double precision,
  reply_rate double precision
);
comment on type marketing.nurturing_step_funnel is 'What became of the mails of one step.';
comment on column marketing.nurturing_step_funnel.waiting is 'Enrolments that are at this step now.';
comment on column marketing.nurturing_step_funnel.queued is 'Mails that were queued, whatever became of them.';
comment on column marketing.nurturing_step_funnel.sent is 'Those that a mail server took.';
comment on column marketing.nurturing_step_funnel.not_sent is 'Those that failed, were suppressed or cancelled, or may or may not have gone out.';
comment on column marketing.nurturing_step_funnel.opened is 'Mails that a person opened, each once.';
comment on column marketing.nurturing_step_funnel.clicked is 'Mails in which a person followed a link, each once.';
comment on column marketing.nurturing_step_funnel.open_rate is 'opened ÷ sent; null while nothing was sent. The same for the others.';

create type marketing.nurturing_exit_count as (
  reason text,
  enrollments bigint
);
comment on type marketing.nurturing_exit_count is 'How many left for a reason.';

create type marketing.nurturing_funnel as (
  sequence_id uuid,
  enrolled bigint,
  active bigint,
  paused bigint,
  completed bigint,
  exited bigint,
  reached_goal bigint,
  goal_rate double precision,
  exits marketing.nurturing_exit_count[],
  steps marketing.nurturing_step_funnel[]
);
comment on type marketing.nurturing_funnel is 'Where the leads of a sequence are, and what became of its mails.';
comment on column marketing.nurturing_funnel.enrolled is 'All that ever were: active, paused, completed and exited.';
comment on column marketing.nurturing_funnel.reached_goal is 'Those that left because of the goal.';
comment on column marketing.nurturing_funnel.goal_rate is 'reached_goal ÷ (completed + exited); null while nobody has ended.';
