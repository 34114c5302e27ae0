#!/bin/sh
# sed: addresses, substitution, hold space, scripts, editing in place.
. "${TAP:-/extra/tap.sh}"

seq 10 >numbers
is "substitute" "osier is free" "$(echo 'unix is free' | sed s/unix/osier/)"
is "first only, then all" "xaa xxx" "$(echo aaa | sed s/a/x/) $(echo aaa | sed s/a/x/g)"
is "the second" "axa" "$(echo aaa | sed s/a/x/2)"
is "groups and &" "[b] ba" "$(echo b | sed 's/b/[&]/') $(echo ab | sed 's/\(a\)\(b\)/\2\1/')"
is "extended expressions" "2024 05 06" "$(echo 2024-05-06 | sed -E 's/([0-9]+)-([0-9]+)-([0-9]+)/\1 \2 \3/')"
is "case of the replacement" "Osier OSIER" "$(echo osier | sed 's/./\u&/') $(echo osier | sed 's/.*/\U&/')"
is "another delimiter" "/opt/lib" "$(echo /usr/lib | sed s,/usr,/opt,)"
is "-n and p" "3" "$(sed -n 3p numbers)"
is "line range" "2 3 4" "$(echo $(sed -n 2,4p numbers))"
is "pattern range" "5 6 7" "$(echo $(sed -n /5/,/7/p numbers))"
is "last line" "10" "$(sed -n '$p' numbers)"
is "steps" "1 4 7 10" "$(echo $(sed -n 1~3p numbers))"
is "not" "1 10" "$(echo $(sed -n '2,9!p' numbers))"
is "delete" "1 2 9 10" "$(echo $(sed 3,8d numbers))"
is "quit" "1 2" "$(echo $(sed 2q numbers))"
is "quit with status" "4" "$(sed -n q4 numbers; echo $?)"
is "transliterate" "uryyb" "$(echo hello | sed y/abcdefghijklmnopqrstuvwxyz/nopqrstuvwxyzabcdefghijklm/)"
is "append, insert, change" "0 1 1.5 two 3" "$(echo $(seq 3 | sed -e '1i 0' -e '1a 1.5' -e '2c two'))"
is "hold space turns a file round" "5 4 3 2 1" "$(echo $(seq 5 | sed -n '1!G;h;$p'))"
is "join lines" "1,2,3" "$(seq 3 | sed ':a;N;$!ba;s/\n/,/g')"
is "branch on success" "1,234,567" "$(echo 1234567 | sed -E ':a;s/([0-9])([0-9]{3})($|,)/\1,\2\3/;ta')"
is "next line" "2 4 6 8 10" "$(echo $(sed -n 'n;p' numbers))"
is "line numbers" "1 a" "$(echo $(echo a | sed =))"
cat >script.sed <<'EOF'
#!/bin/sed -f
# comments and blocks
/^$/d
{
	s/#.*//
	s/[[:space:]]*$//
}
EOF
is "a script file" "a b" "$(printf 'a # one\n\nb   \n' | sed -f script.sed | tr '\n' ' ' | sed 's/ $//')"
cp numbers edited
sed -i.bak 's/^1$/one/' edited
is "in place" "one 1" "$(head -n 1 edited) $(head -n 1 edited.bak)"
sed -n '/0$/w tens' numbers
is "w writes a file" "10" "$(cat tens)"
is "r reads a file" "1 one 2" "$(echo $(echo one >extra; seq 2 | sed '1r extra'))"
is "separate files" "1 1" "$(echo $(sed -s -n 1p numbers numbers))"
is "zero-separated" "axb" "$(printf 'a\0b' | sed -z s/a/ax/ | tr -d '\0')"
is "regular expression classes" "___ abc" "$(echo '123 abc' | sed 's/[[:digit:]]/_/g')"
is "back reference in the pattern" "double" "$(printf 'abab\nabba\n' | sed -n 's/^\(..\)\1$/double/p')"
is "a long line" "100001" "$(head -c 100000 /dev/zero | tr '\0' a | sed 's/$/b/' | wc -c)"
is "fifty thousand lines" "50000 x50000" "$(seq 50000 | sed 's/^/x/' >big; echo $(wc -l <big) $(tail -n 1 big))"
fails "a bad command fails" sed k numbers
sed p nothing-here >/dev/null 2>&1
is "a missing file is status 2" 2 $?

finish
