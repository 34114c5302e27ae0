#!/bin/sh
# gawk: what every awk does, and what only GNU awk does.
. "${TAP:-/extra/tap.sh}"
AWK=${AWK:-gawk}

printf '%s\n' 'ann 30 5.5' 'bob 25 7.25' 'cid 41 1.25' >people
is "fields" "30 25 41" "$(echo $($AWK '{ print $2 }' people))"
is "patterns" "cid" "$($AWK '$2 > 40 { print $1 }' people)"
is "BEGIN and END" "start 3" "$(echo $($AWK 'BEGIN { print "start" } END { print NR }' people))"
is "sums" "96 14.00" "$($AWK '{ n += $2; x += $3 } END { printf "%d %.2f", n, x }' people)"
is "separator" "/bin/sh" "$(echo root:x:0:0::/root:/bin/sh | $AWK -F: '{ print $NF }')"
is "arrays" "a=2 b=1" "$(printf 'a\nb\na\n' | $AWK '{ c[$1]++ } END { print "a=" c["a"], "b=" c["b"] }')"
is "delete and in" "no" "$($AWK 'BEGIN { a[1] = 1; delete a[1]; print (1 in a) ? "yes" : "no" }')"
is "split" "3 c" "$($AWK 'BEGIN { n = split("a-b-c", p, "-"); print n, p[3] }')"
is "sub and gsub" "xbab xbxb" "$($AWK 'BEGIN { s = t = "abab"; sub(/a/, "x", s); gsub(/a/, "x", t); print s, t }')"
is "match" "3 2" "$($AWK 'BEGIN { match("os42er", /[0-9]+/); print RSTART, RLENGTH }')"
is "substr, index, length" "ier 3 5" "$($AWK 'BEGIN { print substr("osier", 3), index("osier", "i"), length("osier") }')"
is "case" "OSIER osier" "$($AWK 'BEGIN { print toupper("osier"), tolower("OSIER") }')"
is "functions and recursion" "3628800" "$($AWK 'function f(n) { return n < 2 ? 1 : n * f(n - 1) } BEGIN { print f(10) }')"
is "mathematics" "3.1416 1.4142 20.0855" "$($AWK 'BEGIN { printf "%.4f %.4f %.4f", atan2(0, -1), sqrt(2), exp(3) }')"
is "formats" "[  42|2a|00042|4.20e+01]" "$($AWK 'BEGIN { printf "[%4d|%x|%05d|%.2e]", 42, 42, 42, 42 }')"
is "ranges" "2 3 4" "$(echo $(seq 6 | $AWK '/2/,/4/'))"
is "getline from a command" "hello" "$($AWK 'BEGIN { "echo hello" | getline x; print x }')"
is "print into a command" "1 2 3" "$(echo $($AWK 'BEGIN { for (i = 3; i; i--) print i | "sort" }'))"
is "print into a file" "kept" "$($AWK 'BEGIN { print "kept" > "out" }'; cat out)"
is "-v" "osier" "$($AWK -v name=osier 'BEGIN { print name }')"
is "system" "7" "$($AWK 'BEGIN { print system("exit 7") }')"
is "environment" "seen" "$(V=seen $AWK 'BEGIN { print ENVIRON["V"] }')"
is "word count of 50000 lines" "50000 100000 388894" "$(seq 50000 | $AWK '{ print $1, "x" }' | $AWK '{ w += NF; c += length($0) + 1 } END { print NR, w, c }')"
is "many array elements" "100000 4999950000" "$($AWK 'BEGIN { for (i = 0; i < 100000; i++) a[i] = i; for (k in a) { n++; s += a[k] } printf "%d %.0f", n, s }')"
$AWK 'BEGIN { exit 3 }'
is "exit status" 3 $?

is "gensub" "b-a" "$($AWK 'BEGIN { print gensub(/(a)(b)/, "\\2-\\1", "g", "ab") }')"
is "sorted traversal" "1 2 3" "$(echo $($AWK 'BEGIN { a[3]; a[1]; a[2]; PROCINFO["sorted_in"] = "@ind_num_asc"; for (i in a) print i }'))"
is "asort" "a b c" "$($AWK 'BEGIN { n = split("c a b", x); asort(x); print x[1], x[2], x[3] }')"
is "arrays of arrays" "7" "$($AWK 'BEGIN { a[1][2] = 7; print a[1][2] }')"
is "time" "1970-01-01" "$($AWK 'BEGIN { print strftime("%Y-%m-%d", 0, 1) }')"
is "bits" "6 2" "$($AWK 'BEGIN { print xor(5, 3), and(6, 3) }')"
is "two-way pipe" "hello" "$($AWK 'BEGIN { c = "cat"; print "hello" |& c; close(c, "to"); c |& getline x; print x }')"
is "record separator pattern" "a b c" "$(echo $(printf 'a1b22c' | $AWK -v RS='[0-9]+' '{ print }'))"

finish
