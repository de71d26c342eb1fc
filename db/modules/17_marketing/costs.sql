call platform.protect('marketing.marketing_costs', 'tenant');
call platform.protect('marketing.roi_tracking', 'tenant_log');

create or replace trigger _150_cost before insert or update on marketing.marketing_costs
  for each row execute function marketing.keep_cost_trigger();
create or replace trigger _500_roi_insert after insert on marketing.marketing_costs
  referencing new table as new_rows for each statement execute function marketing.follow_costs_trigger();
create or replace trigger _500_roi_update after update on marketing.marketing_costs
  referencing old table as old_rows new table as new_rows
  for each statement execute function marketing.follow_costs_trigger();
create or replace trigger _550_roi_insert after insert on crm.conversions
  referencing new table as new_rows for each statement execute function marketing.follow_earnings_trigger();
create or replace trigger _550_roi_update after update on crm.conversions
  referencing new table as new_rows for each statement execute function marketing.follow_earnings_trigger();
create or replace trigger _550_roi_insert after insert on crm.revenue_events
  referencing new table as new_rows for each statement execute function marketing.follow_earnings_trigger();
create or replace trigger _550_roi_update after update on crm.revenue_events
  referencing new table as new_rows for each statement execute function marketing.follow_earnings_trigger();
