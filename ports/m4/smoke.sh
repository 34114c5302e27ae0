#!/bin/sh
# m4: macros, conditions, diversions, arithmetic.
. "${TAP:-/extra/tap.sh}"

run() { printf '%s' "$1" | m4 ; }
is "define" "hello osier" "$(run 'define(`name'"'"', `osier'"'"')dnl
hello name')"
is "arguments" "b-a 2" "$(run 'define(`swap'"'"', `$2-$1 $#'"'"')swap(a, b)')"
is "ifelse" "same other" "$(run 'ifelse(a, a, same, other) ifelse(a, b, same, other)')"
is "ifdef" "yes no" "$(run 'define(`x'"'"')ifdef(`x'"'"', yes, no) ifdef(`y'"'"', yes, no)')"
is "eval" "14 255 1" "$(run 'eval(2 + 3 * 4) eval(0xff) eval(3 > 2 && 1)')"
is "eval bases" "ff 00101" "$(run 'eval(255, 16) eval(5, 2, 5)')"
is "recursion" "120" "$(run 'define(`f'"'"', `ifelse($1, 0, 1, `eval($1 * f(decr($1)))'"'"')'"'"')f(5)')"
is "loops" "1 2 3 " "$(run 'define(`for'"'"', `ifelse(eval($1 > $2), 1, , `$1 for(incr($1), $2)'"'"')'"'"')for(1, 3)')"
is "strings" "5 2 ier" "$(run 'len(osier) index(osier, ier) substr(osier, 2)')"
is "translit" "OSIER" "$(run 'translit(osier, a-z, A-Z)')"
is "regular expressions" "2 o<s>ier" "$(run 'regexp(osier, i) patsubst(osier, s, <\&>)')"
is "diversions" "second first" "$(echo $(run 'divert(2)first
divert(1)second
divert(0)'))"
is "changequote" "a b" "$(run 'changequote([,])define([x], [a b])x')"
is "format" "[  42] [2a]" "$(run 'format(`[%4d] [%x]'"'"', 42, 42)')"
is "syscmd" "from the shell" "$(run 'syscmd(echo from the shell)')"
is "esyscmd and sysval" "x 3" "$(echo $(run 'esyscmd(echo x)syscmd(exit 3)sysval'))"
echo 'define(`included'"'"', `yes'"'"')dnl' >part.m4
is "include" "yes" "$(run 'include(part.m4)included')"
is "-D" "value" "$(echo name | m4 -Dname=value)"
is "ten thousand expansions" "10000" "$(i=0; { echo 'define(`n'"'"', 0)define(`up'"'"', `define(`n'"'"', incr(n))'"'"')dnl'; seq 10000 | sed 's/.*/up`'"'"'dnl/'; printf n; } | m4)"
m4 missing-file 2>/dev/null
is "a missing file is status 1" 1 $?

finish
