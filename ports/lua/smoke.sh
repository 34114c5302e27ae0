#!/bin/sh
# lua: the language and its libraries.
. "${TAP:-/extra/tap.sh}"

run() { lua -e "$1"; }
is "version" "Lua 5.4" "$(run 'print(_VERSION)')"
is "integers and floats" "7 3.5 3 1 1024.0" "$(run 'print(3+4, 7/2, 7//2, 7%2, 2^10)' | tr '\t' ' ')"
is "64 bits" "9223372036854775807" "$(run 'print(math.maxinteger)')"
is "strings" "OSIER 5 ier" "$(run 'print(("osier"):upper(), #"osier", ("osier"):sub(3))' | tr '\t' ' ')"
is "patterns" "key value" "$(run 'print(("key=value"):match("(%w+)=(%w+)"))' | tr '\t' ' ')"
is "gsub" "h*ll*" "$(run 'print((("hello"):gsub("[eo]", "*")))')"
is "format" "[  42] [3.142] [ff]" "$(run 'print(string.format("[%4d] [%.3f] [%x]", 42, math.pi, 255))')"
is "tables" "3 1-2-3" "$(run 't = {3, 1, 2} table.sort(t) print(#t, table.concat(t, "-"))' | tr '\t' ' ')"
is "closures" "3" "$(run 'local function c() local n = 0 return function() n = n + 1 return n end end local f = c() f() f() print(f())')"
is "metatables" "7" "$(run 'local m = {__add = function(a, b) return a.v + b.v end} print(setmetatable({v=3}, m) + setmetatable({v=4}, m))')"
is "coroutines" "1 2 3" "$(run 'local c = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) print(c(), c(), c())' | tr '\t' ' ')"
is "errors are caught" "false yes" "$(run 'local ok, e = pcall(error, {code="yes"}) print(ok, e.code)' | tr '\t' ' ')"
is "goto and integer for" "25" "$(run 'local s = 0 for i = 1, 10 do if i % 2 == 0 then goto next end s = s + i ::next:: end print(s)')"
is "utf8" "3" "$(run 'print(utf8.len("a\u{e9}\u{4e2d}"))')"
is "string.pack" "8 258" "$(run 'print(#string.pack("<i8", 1), (string.unpack(">I2", "\1\2")))' | tr '\t' ' ')"
is "files" "one,two" "$(run 'local f = io.open("f", "w") f:write("one\ntwo\n") f:close() local t = {} for l in io.lines("f") do t[#t+1] = l end print(table.concat(t, ","))')"
is "os" "1970-01-01 seen" "$(V=seen lua -e 'print(os.date("!%Y-%m-%d", 0), os.getenv("V"))' | tr '\t' ' ')"
is "os.execute" "exit 3" "$(run 'local _, how, n = os.execute("exit 3") print(how, n)' | tr '\t' ' ')"
is "popen" "from a child" "$(run 'local p = io.popen("echo from a child") print(p:read()) p:close()')"
is "garbage is collected" "true" "$(run 'for i = 1, 200000 do local t = {i, tostring(i)} end collectgarbage() print(collectgarbage("count") < 2000)')"
is "sieve" "1229" "$(run 'local n, c, p = 10000, 0, {} for i = 2, n do if not p[i] then c = c + 1 for j = i * i, n, i do p[j] = true end end end print(c)')"
echo 'print(#arg, arg[1])' >script.lua
is "a script and its arguments" "2 x" "$(lua script.lua x y | tr '\t' ' ')"
luac -o compiled script.lua
is "compiled" "1 z" "$(lua compiled z | tr '\t' ' ')"
lua -e 'error("stop")' 2>/dev/null
is "an error is status 1" 1 $?

finish
