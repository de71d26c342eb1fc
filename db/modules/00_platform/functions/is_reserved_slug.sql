create or replace function platform.is_reserved_slug(slug text) returns boolean
language sql immutable parallel safe
return slug = any (
  '{about,account,accounts,admin,administrator,api,app,apps,assets,auth,billing,blog,callboard,cdn,config,console,contact,'
  'dashboard,demo,dev,developer,developers,dns,docs,download,email,explorer,feedback,ftp,graphiql,graphql,health,help,home,'
  'hostmaster,images,imap,info,internal,invitation,invitations,legal,localhost,login,logout,mail,marketing,me,media,metrics,'
  'mx,new,news,no-reply,noreply,ns,ns1,ns2,null,oauth,official,ops,password,payment,payments,pop,postmaster,press,pricing,'
  'privacy,proxy,public,root,sandbox,search,secure,security,settings,shop,sign-in,sign-out,sign-up,signin,signout,signup,'
  'smtp,sso,staging,static,status,store,support,system,team,terms,test,undefined,upload,uploads,user,users,vpn,webhook,'
  'webhooks,webmail,webmaster,websocket,well-known,ws,www}'::text[]);

comment on function platform.is_reserved_slug(text) is
  'Whether an address keeps this name for itself, or an organization of that name could pass for Callboard.';
grant execute on function platform.is_reserved_slug(text) to callboard_member, callboard_service;
