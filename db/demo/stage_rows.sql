-- The lines of the file as they are: $1 is the list of them.
insert into pg_temp.demo_rows
select r ->> 'EventID', r ->> 'EventType',
       to_timestamp(r ->> 'StartDateTime', 'MM/DD/YYYY HH12:MI:SS AM')::timestamp,
       to_timestamp(r ->> 'EndDateTime', 'MM/DD/YYYY HH12:MI:SS AM')::timestamp,
       to_timestamp(r ->> 'EnteredOn', 'MM/DD/YYYY HH12:MI:SS AM')::timestamp,
       r ->> 'EventAgency', r ->> 'ParkingHeld', r ->> 'Borough', r ->> 'CommunityBoard(s)', r ->> 'PolicePrecinct(s)',
       r ->> 'Category', r ->> 'SubCategoryName', r ->> 'ZipCode(s)'
  from jsonb_array_elements($1::jsonb) as r
