#!/bin/sh
# bc and dc: numbers of any length, scale, functions.
. "${TAP:-/extra/tap.sh}"

calc() { echo "$1" | bc -l -q; }
is "arithmetic" "17" "$(calc '3 + 2 * 7')"
is "2^200" "1606938044258990275541962092341162602522202993782792835301376" "$(calc '2^200')"
is "twenty digits" "3.14159265358979323844" "$(calc 'scale=20; 4*a(1)')"
is "square root" "1.41421356237309504880" "$(calc 'scale=20; sqrt(2)')"
is "scale" "3.33" "$(calc 'scale=2; 10/3')"
is "bases" "FF 255" "$(calc 'obase=16; 255') $(calc 'ibase=16; FF')"
is "functions" "3628800" "$(calc 'define f(n) { if (n < 2) return 1; return n * f(n - 1); } f(10)')"
is "loops and arrays" "55" "$(calc 'for (i = 1; i <= 10; i++) { x[i] = i; s += x[i]; }; s')"
is "library" "2.7182818284" "$(calc 'scale=10; e(1)')"
is "100 factorial's digits" "158" "$(n=$(calc 'define f(n) { if (n < 2) return 1; return n * f(n - 1); } f(100)' | tr -d '\\\n'); echo ${#n})"
is "division by zero goes on" "2" "$(printf '1/0\n1+1\n' | bc 2>/dev/null)"
is "dc" "42" "$(echo '6 7 * p' | dc)"
is "dc macro" "3 2 1" "$(echo $(echo '[d p 1 - d 0 <a] sa 3 la x' | dc))"
is "dc precision" "0.66666" "$(echo '5 k 2 3 / p' | dc | sed 's/^\./0./')"

finish
