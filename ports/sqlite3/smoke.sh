#!/bin/sh
# sqlite3: tables, queries, transactions, indexes, a file that stays.
. "${TAP:-/extra/tap.sh}"

run() { sqlite3 "$@"; }
is "expressions" "42|osier" "$(run :memory: "select 6*7, lower('OSIER')")"
run db "create table t(id integer primary key, name text, n real); insert into t values (1,'a',1.5),(2,'b',2.5),(3,'c',4)"
ok "the file is there" [ -s db ]
is "read again" "a|b|c" "$(run db "select group_concat(name, '|') from t")"
is "where and order" "3 2" "$(echo $(run db 'select id from t where n > 2 order by id desc'))"
is "sums" "8.0|3" "$(run db 'select sum(n), count(*) from t')"
is "join" "b-x" "$(run db "create table u(id, tag); insert into u values (2,'x'); select t.name || '-' || u.tag from t join u using (id)")"
is "update and delete" "2" "$(run db "update t set n = 0 where id = 1; delete from t where id = 3; select count(*) from t")"
is "rollback" "2" "$(run db 'begin; delete from t; rollback; select count(*) from t')"
is "unique is enforced" "failure" "$(run db "insert into t values (1,'z',0)" 2>/dev/null || echo failure)"
is "100000 rows by a recursive query" "100000|5000050000" "$(run big 'create table n(i integer); with recursive c(x) as (select 1 union all select x+1 from c where x<100000) insert into n select x from c; select count(*), sum(i) from n')"
is "an index" "77777" "$(run big 'create index byi on n(i desc); select i from n where i = 77777')"
is "integrity" "ok" "$(run big 'pragma integrity_check')"
is "window functions" "1 3 6" "$(echo $(run :memory: 'select sum(column1) over (order by column1) from (values (1),(2),(3))'))"
is "csv" "a,1" "$(run -csv db "select 'a', 1")"
is "dump and restore" "2" "$(run db .dump | run copy; run copy 'select count(*) from t')"
is "dates" "1970-01-01" "$(run :memory: "select date(0, 'unixepoch')")"
is "json" "7" "$(run :memory: "select json_extract('{\"a\": {\"b\": 7}}', '\$.a.b')")"
run db 'select * from nothing' 2>/dev/null
is "an error is status 1" 1 $?

finish
