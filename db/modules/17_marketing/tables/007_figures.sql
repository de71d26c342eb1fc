create type marketing.rate as (
  numerator bigint,
  denominator bigint,
  percent numeric
);
comment on type marketing.rate is 'A share, with what it is made of.';
comment on column marketing.rate.percent is 'With two decimals; null when there is nothing to divide by.';

create type marketing.campaign_progress as (
  recipients bigint,
  waiting bigint,
  sending bigint,
  sent bigint,
  failed bigint,
  suppressed bigint,
  cancelled bigint,
  uncertain bigint,
  delivered bigint,
  opened bigint,
  clicked bigint,
  replied bigint,
  bounced bigint,
  complained bigint,
  unsubscribed bigint,
  open_rate marketing.rate,
  click_rate marketing.rate,
  reply_rate marketing.rate,
  bounce_rate marketing.rate,
  complaint_rate marketing.rate,
  unsubscribe_rate marketing.rate
);
comment on type marketing.campaign_progress is 'How far a campaign has come: mails, each counted once.';
comment on column marketing.campaign_progress.recipients is 'Who gets it, as far as it has been written down.';
comment on column marketing.campaign_progress.waiting is 'Recipients whose mail has not gone out yet, also while it is paused.';
comment on column marketing.campaign_progress.suppressed is 'Recipients who may not get it: unsubscribed, bounced, no consent.';
comment on column marketing.campaign_progress.delivered is 'Sent, and not bounced so far.';
comment on column marketing.campaign_progress.opened is 'Opened by a person, as far as one can tell; following a link counts.';
comment on column marketing.campaign_progress.bounced is 'Refused by the other side, at once or later.';
comment on column marketing.campaign_progress.open_rate is 'Of those delivered.';
comment on column marketing.campaign_progress.click_rate is 'Of those delivered.';
comment on column marketing.campaign_progress.reply_rate is 'Of those delivered.';
comment on column marketing.campaign_progress.bounce_rate is 'Of those sent, and those refused at once.';
comment on column marketing.campaign_progress.complaint_rate is 'Of those delivered.';
comment on column marketing.campaign_progress.unsubscribe_rate is 'Of those delivered.';
