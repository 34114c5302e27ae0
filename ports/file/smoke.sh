#!/bin/sh
# file: with a small magic file, and the tests that are built in.
. "${TAP:-/extra/tap.sh}"

printf '0\tstring\tOSIER\tOsier test data\n>5\tbyte\tx\t\\b, version %%d\n' >magic
printf 'OSIER\003rest' >data
is "magic" "Osier test data, version 3" "$(file -b -m magic data)"
echo hello >text
is "text" "ASCII text" "$(file -b -m magic text)"
printf 'gr\303\274n\n' >utf
is "UTF-8" "Unicode text, UTF-8 text" "$(file -b -m magic utf | cut -d, -f1,2)"
: >nothing
is "empty" "empty" "$(file -b -m magic nothing)"
is "a folder" "directory" "$(file -b -m magic .)"
ln -s text link
is "a link" "symbolic link to text" "$(file -b -m magic link)"
is "many" "2" "$(file -m magic text data | wc -l)"
ok "compile" file -C -m magic
is "the compiled magic" "Osier test data, version 3" "$(file -b -m magic.mgc data)"

finish
