#!/bin/sh
# tree: a known folder drawn.
. "${TAP:-/extra/tap.sh}"

mkdir -p top/a/b top/c
: >top/a/b/file
: >top/.hidden
ln -s a top/link
is "drawing" 'top
|-- a
|   `-- b
|       `-- file
|-- c
`-- link -> a' "$(tree --noreport --charset=ascii top)"
is "report" "5 directories, 1 file" "$(tree --charset=ascii top | tail -n 1)"
is "folders only" "top a b c link" "$(echo $(tree -d -i --noreport top | sed 's/ ->.*//'))"
is "all" "1" "$(tree -a top | grep -c hidden)"
is "depth" "0" "$(tree -L 1 top | grep -c file$)"
is "full paths" "1" "$(tree -fi top | grep -c '^top/a/b/file$')"

finish
