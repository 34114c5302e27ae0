# run: i=0; while [ $i -lt 30 ]; do i=$((i+1)); vmdemo fork; vmdemo shared; vmdemo split; ls -l /bin | sort | head -2; sleep 0.1; done
# at: init
# Every command at odd moments: it answers, or says in a sentence why not; nothing is found broken in a healthy kernel.
source tests/gdb/helpers.py
python
PLACES = ("vm_resolve_fault", "pt_own", "vm_space_fork", "vm_map", "process_fork", "tear_down", "page_fill",
          "irq_dispatch", "page_fault", "syscall_entry", "cpu_idle_wait", "switch_context")
COMMANDS = ("ps", "regions", "region 0x400000", "pagewalk 0x400000", "fault", "predict 0x400000 w", "objects", "page 0x400000",
            "timeline", "check", "snap x", "diff x")
SENTENCES = ("kernel thread", "kernel's own", "has not taken a page fault", "is a zombie", "is ending", "no snapshot",
             "no frame is mapped", "is not RAM", "no process")

answers, refusals, wrong = 0, 0, []
for place in PLACES:
    point = gdb.Breakpoint(place, internal=True)
    point.ignore_count = 2
    gdb.execute("continue", to_string=True)
    point.delete()
    for command in COMMANDS:
        try:
            text = gdb.execute("osier " + command, to_string=True)
            answers += 1
            if "BROKEN" in text:
                wrong.append(f"{place}: {command}: {text}")
        except gdb.error as error:
            refusals += 1
            if not any(sentence in str(error) for sentence in SENTENCES):
                wrong.append(f"{place}: {command}: {error}")
for text in wrong:
    say(text)
require(not wrong, f"each command at each of {len(PLACES)} moments")
require(answers > 2 * refusals, f"most of them answer ({answers} of {answers + refusals})")
end
