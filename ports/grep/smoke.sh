#!/bin/sh
# grep: basic, extended and fixed patterns, options, exit status.
. "${TAP:-/extra/tap.sh}"

printf '%s\n' apple Banana cherry 'date palm' elderberry fig 'grape 12' >fruit
is "a word" "cherry" "$(grep cherry fruit)"
is "anchors" "fig" "$(grep '^fig$' fruit)"
is "ignore case" "Banana" "$(grep -i BANANA fruit)"
is "invert and count" "6" "$(grep -vc 'e$' fruit)"
is "line numbers" "3:cherry" "$(grep -n cherry fruit)"
is "only what matched" "12" "$(grep -o '[0-9][0-9]*' fruit)"
is "repetition" "elderberry cherry" "$(echo $(grep 'r\{2\}' fruit | sort -r))"
is "extended alternatives" "apple fig" "$(echo $(grep -E '^(apple|fig)$' fruit))"
is "egrep" "2" "$(egrep -c '^(apple|fig)$' fruit 2>/dev/null)"
is "fixed strings" "a.c" "$(printf 'abc\na.c\n' | grep -F a.c)"
is "fgrep" "a.c" "$(printf 'abc\na.c\n' | fgrep a.c 2>/dev/null)"
is "whole words" "date palm" "$(grep -w palm fruit)"
is "whole lines" "fig" "$(grep -x fig fruit)"
is "several patterns" "apple fig" "$(echo $(grep -e apple -e fig fruit))"
printf 'apple\nfig\n' >patterns
is "patterns from a file" "apple fig" "$(echo $(grep -f patterns fruit))"
is "context" "Banana cherry date palm" "$(echo $(grep -C 1 cherry fruit))"
is "after" "elderberry fig" "$(echo $(grep -A 1 elder fruit))"
is "first match only" "apple" "$(grep -m 1 a fruit)"
is "classes" "grape 12" "$(grep '[[:digit:]]' fruit)"
is "back reference" "abab" "$(printf 'abab\nabba\n' | grep '^\(..\)\1$')"
is "-q says nothing" "0:" "$(out=$(grep -q apple fruit); echo $?:$out)"
grep nothing fruit
is "no match is status 1" 1 $?
grep x missing-file 2>/dev/null
is "an error is status 2" 2 $?
mkdir -p tree/sub
echo needle >tree/sub/one
echo hay >tree/two
is "a folder" "tree/sub/one:needle" "$(grep -r needle tree)"
is "names only" "tree/sub/one" "$(grep -rl needle tree)"
is "only some names" "" "$(grep -r --include='*.c' needle tree)"
is "names of two files" "fruit:fig patterns:fig" "$(echo $(grep fig fruit patterns))"
is "binary files" "yes" "$(printf 'a\0needle\n' >bin; case $(grep needle bin 2>&1) in *inary*matches*) echo yes;; esac)"
is "one line in a hundred thousand" "99999" "$(seq 100000 | grep '^99999$')"
is "a hundred thousand lines, counted" "40951" "$(seq 100000 | grep -c 7)"
is "byte offsets" "8" "$(printf 'one\ntwo\nthree\n' | grep -b three | cut -d: -f1)"

finish
