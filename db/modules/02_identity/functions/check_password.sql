create or replace function identity.check_password(
  password text,
  email text default null,
  name text default null,
  field text default 'password'
) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  plain constant text := lower(check_password.password);
  -- "Password2024!" is "password" to those who guess.
  bare constant text := btrim(plain, ' 0123456789.,;:!?@#$%^&*()_+=-');
  known text;
begin
  if password is null or length(password) < 10 or length(password) > 200 then
    perform platform.refuse('CB002', 'A password has 10 to 200 characters.', field => field);
  end if;
  if identity.is_common_password(plain) or identity.is_common_password(bare) then
    perform platform.refuse('CB002', 'This password is one of those that are tried first.', field => field);
  end if;
  if (select count(distinct letter) from regexp_split_to_table(plain, '') letter) < 4 then
    perform platform.refuse('CB002', 'A password has at least four different characters.', field => field);
  end if;
  foreach known in array array[lower(email), split_part(lower(email), '@', 1), lower(name)] loop
    -- "Al" is in too many passwords.
    if length(btrim(known)) >= 4 and (bare = btrim(known) or length(replace(plain, btrim(known), '')) < 6) then
      perform platform.refuse('CB002', 'A password is not the e-mail address or the name.', field => field);
    end if;
  end loop;
end
$$;

comment on function identity.check_password(text, text, text, text) is
  'Refuses (CB002) passwords that keep nobody out: short ones, the most common ones, whatever digits stand around them, and '
  'those that consist of the user''s e-mail address or name.';

create or replace function identity.is_common_password(password text) returns boolean
language sql immutable parallel safe
return password = '' or password = any ('{
  0123456789,1234567890,12345678910,123456789012,0987654321,9876543210,987654321,123456789,1q2w3e4r5t,1q2w3e4r5t6y,
  1qaz2wsx3edc,1qazxsw23edc,q1w2e3r4t5,q1w2e3r4t5y6,a1b2c3d4e5,abc123abc123,123123123123,123qwe123qwe,123qweasdzxc,
  qwertyuiop,qwertyuiop[],qwertzuiop,azertyuiop,qwerty,qwertz,azerty,qwerty qwerty,qwertyqwerty,asdfghjkl,asdfghjkl;,
  asdfasdfasdf,zxcvbnm,zxcvbnm,qazwsxedc,qazwsxedcrfv,abcdefghij,abcdefghijk,abcdefg,abcdef,abcd,abc,
  password,passwort,passwd,pass,passwordpassword,mypassword,password is,thepassword,my password,motdepasse,contrasena,
  contraseña,p@ssword,p@ssw0rd,passw0rd,pa55word,pa$$word,pa$$w0rd,letmein,letmeinletmein,let me in,letmeinnow,
  changeme,change me,changemenow,changeit,default,secret,topsecret,welcome,welcome to,iloveyou,iloveyou so,iloveyouso,
  ilovemyself,i love you,loveyou,lovely,trustno,admin,administrator,adminadmin,root,rootroot,toor,guest,test,testtest,
  testing,testtesttest,tester,user,username,demo,login,master,hello,hellohello,helloworld,hello world,whatever,
  computer,internet,google,facebook,microsoft,windows,samsung,android,starwars,superman,batman,spiderman,pokemon,
  football,baseball,basketball,soccer,hockey,liverpool,chelsea,arsenal,barcelona,manchester,monkey,dragon,princess,
  sunshine,shadow,michael,jennifer,jordan,charlie,ashley,summer,spring,autumn,winter,monday,january,december,
  freedom,mustang,corvette,ferrari,mercedes,porsche,harley,cheese,chocolate,butterfly,flower,rainbow,unicorn,
  fuckyou,fuckoff,qweasdzxc,access,accessdenied,correcthorsebatterystaple,correct horse battery staple,
  callboard,callboardcallboard}'::text[]);

comment on function identity.is_common_password(text) is
  'Whether a password, in small letters, is one of the most common ones, or what is left of one without the digits around '
  'it. Short ones are there for that.';
