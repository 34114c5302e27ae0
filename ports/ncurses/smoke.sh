#!/bin/sh
# ncurses: terminal descriptions, built in and from files.
. "${TAP:-/extra/tap.sh}"

TERMINFO_DIRS=/usr/share/terminfo:/extra/usr/share/terminfo
export TERMINFO_DIRS
esc=$(printf '\033')
is "clear, vt100" "${esc}[H${esc}[J" "$(TERM=vt100 tput clear | tr -d '$<50>')"
is "bold, linux" "${esc}[1m" "$(TERM=linux tput bold)"
is "cursor, xterm" "${esc}[6;11H" "$(TERM=xterm tput cup 5 10)"
is "colours" "256" "$(TERM=xterm-256color tput colors)"
fails "an unknown terminal" env TERM=nonsense tput clear
is "a description compiled by tic" "5" "$(printf 'tiny|a small one,\n\tam, cols#5,\n' >tiny.ti; TERMINFO=$work/db; export TERMINFO; tic -o db tiny.ti 2>/dev/null; TERM=tiny tput cols)"
is "infocmp" "linux" "$(infocmp linux | sed -n '2s/|.*//p')"

finish
