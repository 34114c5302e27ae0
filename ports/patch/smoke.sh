#!/bin/sh
# patch: unified and context patches, fuzz, reverse, rejects.
. "${TAP:-/extra/tap.sh}"

seq 20 >file
cat >change <<'EOF'
--- file
+++ file
@@ -3,7 +3,8 @@
 3
 4
 5
-6
+six
+and more
 7
 8
 9
EOF
is "says what it does" "patching file file" "$(patch <change)"
is "and does it" "six and more" "$(echo $(head -n 7 file | tail -n 2))"
ok "reverse" patch -sR -i change
is "restores" "$(seq 20)" "$(cat file)"
{ echo 0; seq 20; } >file
ok "at an offset" patch -s -i change
is "found it" "six" "$(head -n 7 file | tail -n 1)"
seq 20 >file
ok "dry run" patch -s --dry-run -i change
is "changes nothing" "$(seq 20)" "$(cat file)"
seq 100 120 >file
patch -s -i change >/dev/null 2>&1
is "what does not fit is status 1" 1 $?
ok "and is kept" [ -s file.rej ]
cat >create <<'EOF'
--- /dev/null
+++ new/sub/file
@@ -0,0 +1,2 @@
+hello
+there
EOF
ok "creates files and folders" patch -s -p0 -i create
is "with their text" "hello there" "$(echo $(cat new/sub/file))"
ok "-b keeps the old" sh -c 'seq 20 >file; patch -s -b -i change && [ -f file.orig ]'

finish
