-- What was put away: two called-off productions, with everything that belongs to them.
update projects.projects p
   set deleted_at = pg_temp.present() - interval '10 days'
  from pg_temp.demo_projects d
 where d.organization_id = p.organization_id and d.id = p.id
   and d.status = 'cancelled' and d.stage = 'completed';
