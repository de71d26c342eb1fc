create or replace function crm.deals_current_probability(deal crm.deals) returns numeric
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select case deal.status
           when 'won' then 100.00
           when 'lost' then 0.00
           else coalesce(
             deal.probability,
             (select s.probability
                from crm.pipeline_stages s
               where s.organization_id = deal.organization_id and s.id = deal.stage_id))
         end
$$;

comment on function crm.deals_current_probability(crm.deals) is
  'In percent: its own or else that of its stage; 100 when won, 0 when lost.';

create or replace function crm.deals_days_in_stage(deal crm.deals) returns integer
language sql stable
set search_path = pg_catalog, pg_temp
return floor(extract(epoch from now() - deal.stage_entered_at) / 86400)::integer;

comment on function crm.deals_days_in_stage(crm.deals) is 'For how many whole days it has been in its stage.';

create or replace function crm.deals_is_stale(deal crm.deals) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select deal.status = 'open' and coalesce(
           (select deal.stage_entered_at + make_interval(days => s.stale_after_days) < now()
              from crm.pipeline_stages s
             where s.organization_id = deal.organization_id and s.id = deal.stage_id), false)
$$;

comment on function crm.deals_is_stale(crm.deals) is
  'Whether it has been in its stage for longer than the stage says (staleAfterDays).';

create or replace function crm.pipeline_stages_totals(stage crm.pipeline_stages) returns setof crm.deal_total
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select d.currency, count(*)::integer, coalesce(sum(d.amount), 0)::numeric(20,2),
         coalesce(
           sum(round(d.amount * case stage.kind
                 when 'open' then coalesce(d.probability, stage.probability)
                 else stage.probability
               end / 100, 2)), 0)::numeric(20,2)
    from crm.deals d
   where d.organization_id = stage.organization_id and d.stage_id = stage.id and d.deleted_at is null
   group by d.currency
   order by d.currency
$$;

comment on function crm.pipeline_stages_totals(crm.pipeline_stages) is
  'What the deals in this stage come to, currency by currency; none where there are no deals.';

grant execute on function
  crm.deals_current_probability(crm.deals), crm.deals_days_in_stage(crm.deals), crm.deals_is_stale(crm.deals),
  crm.pipeline_stages_totals(crm.pipeline_stages)
  to callboard_member, callboard_service;
