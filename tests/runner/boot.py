"""The image as a machine boots it: GRUB on BIOS and UEFI, its menu, the prompt; and a person at the prompt."""

import os
import shutil
import socket
import tempfile
import time

from .core import Failure, Test, check, run_command
from .serial import PROMPT, Console


def machine_arguments(direct=None, options=(), **settings):
    """QEMU's command line with the serial line on stdin and stdout; GRUB boots unless direct names a kernel."""
    from vm import IMAGE, Machine, direct_kernel, disk   # pylint: disable=import-outside-toplevel
    words = Machine(**settings).arguments() + disk(IMAGE)
    if direct:
        words += direct_kernel(direct, options)
    return words + ["-serial", "stdio", "-monitor", "none", "-parallel", "none"]


def _to_prompt(console, seconds):
    console.expect(PROMPT, seconds, "no prompt")


def _image_boot(name, entry=0, seconds=60, wanted=None, **settings):
    """Through GRUB to the prompt, a command, and off again."""
    def run(log):
        with Console(log, machine_arguments(**settings)) as console:
            console.expect("GNU GRUB", seconds, "no boot menu")
            if entry:
                console.send("\x0e" * entry)     # Ctrl-N: the next entry
                console.send("\n")
            if wanted:
                console.expect(wanted, seconds)
            _to_prompt(console, seconds)
            output = console.run("echo $((6 * 7)); uname")
            check(output.split()[:1] == ["42"], f"echo printed {output!r}")
            console.send("poweroff\n")
            status = console.ended()
            check(status == 0, f"QEMU's status after poweroff is {status}")

    return Test("boot/" + name, run)


def _console(name, steps, kernel="debug"):
    def run(log):
        with Console(log, machine_arguments(direct=kernel)) as console:
            _to_prompt(console, 30)
            return steps(console)

    return Test("console/" + name, run)


def _pipelines(console):
    check("3 c" in console.run("printf 'c\\na\\nc\\nb\\nc\\n' | sort | uniq -c | sort -n | tail -n 1"), "pipeline of four")
    check(console.run("echo a b c | cat | cat | cat | tr a-z A-Z | wc -w").strip() == "3", "pipeline of six")
    check(console.run("for i in 1 2 3; do echo $i | sed 's/^/n/'; done").split() == ["n1", "n2", "n3"], "loop")
    check(console.run("seq 1000000 | wc -l", 60).strip() == "1000000", "seq 1000000 | wc -l")
    output = console.run("ls -lR /bin | sort | uniq -c | head -n 3", 60)
    check(len(output.splitlines()) == 3, f"ls -lR | sort | uniq | head printed {output!r}")


def _redirection(console):
    console.run("cat >/tmp/x <<END\nfirst $((1+1))\nsecond\nEND")
    check(console.run("cat </tmp/x | tail -n 2").split() == ["first", "2", "second"], "here-document")
    console.run("echo third >>/tmp/x")
    check(console.run("wc -l </tmp/x").strip() == "3", "append")
    check(console.run("ls /nonexistent 2>/dev/null || echo $?").strip() == "2", "stderr to /dev/null, status")
    console.run("echo kept >/root/x; sync")
    check(console.run("cat /root/x").strip() == "kept", "a file on the disk")


def _start(console, command):
    """Types a command and gives the shell the time to put it into the foreground, as a person would."""
    console.send(command + "\n")
    console.expect(command + "\n")
    time.sleep(0.7)


def _interrupt(console):
    _start(console, "sleep 1000")
    console.send("\x03")
    console.expect(PROMPT, 10, "Ctrl-C did not bring the prompt back")
    check("130" in console.run("echo $?"), "the status after Ctrl-C is not 130")
    console.send("cat\n")
    console.send("line\n")
    console.expect("line\nline\n", 10, "cat did not echo")
    console.send("\x04")
    console.expect(PROMPT, 10, "Ctrl-D did not end cat")
    console.send("some text\x15echo ok\n")
    console.expect("^ok\n", 10, "Ctrl-U did not erase the line")
    console.expect(PROMPT)
    console.send("echo abX\x7fc\n")
    console.expect("^abc\n", 10, "backspace did not erase")
    console.expect(PROMPT)
    console.send("echo one twx\x17two\n")
    console.expect("^one two\n", 10, "Ctrl-W did not erase a word")
    console.expect(PROMPT)


def _jobs(console):
    console.run("sleep 30 & sleep 31 &")
    output = console.run("jobs")
    check(output.count("Running") == 2 and "sleep 31" in output, f"jobs shows {output!r}")
    time.sleep(0.5)                              # until the shell's children have their own signal settings
    console.run("kill %1 %2; wait")
    _start(console, "sleep 50")
    console.send("\x1a")
    console.expect("Stopped", 10, "Ctrl-Z did not stop the job")
    console.expect(PROMPT)
    console.send("fg\n")
    console.expect("sleep 50\n")
    time.sleep(0.7)
    console.send("\x03")
    console.expect(PROMPT, 10, "Ctrl-C did not end the job brought back")
    console.run("(sleep 1; echo late >/tmp/late) &")
    check("late" in console.run("wait; cat /tmp/late").split(), "wait for a background job")


def _logout(console):
    console.send("\x04")
    console.expect("Welcome to Osier", 15, "no new shell after Ctrl-D")
    console.expect(PROMPT, 15)
    console.send("exit 3\n")
    console.expect("Welcome to Osier", 15, "no new shell after exit")
    console.expect(PROMPT, 15)


def _faults(console):
    for scene, word in (("segv", "Segmentation fault"), ("bus", "Bus error"), ("readonly", "Segmentation fault"),
                        ("noexec", "Segmentation fault"), ("guard", "Segmentation fault")):
        output = console.run(f"vmdemo {scene}")
        check("fatal" in output, f"vmdemo {scene} said {output!r}")
        check(word in output, f"the shell said {output!r} of vmdemo {scene}")
    for scene in ("zero", "cow", "file", "mprotect", "stack", "split", "fork", "exec"):
        console.run(f"vmdemo {scene}")
        check(console.run("echo =$?=").startswith("=0="), f"vmdemo {scene} failed")


def _no_init(log):
    """No init, and a command line full of nonsense: said clearly, no silent screen."""
    with Console(log, machine_arguments(direct="release", options=["init=/no/such/file", "x", "=", "a==b", "loglevel=zebra"])) as console:
        console.expect("/no/such/file", 20, "the missing init is not named")
        console.ended(30)


def _writing(log):
    """Files made, changed and removed on the disk; after power-off e2fsck finds nothing to mend."""
    from vm import IMAGE, Machine, direct_kernel   # pylint: disable=import-outside-toplevel
    with tempfile.TemporaryDirectory(prefix="osier-writing-") as folder:
        image = os.path.join(folder, "image")
        shutil.copyfile(IMAGE, image)
        words = Machine(KERNEL="debug").arguments() + direct_kernel("debug")
        words += ["-drive", f"file={image},format=raw,if=virtio", "-serial", "stdio", "-monitor", "none"]
        with Console(log, words) as console:
            _to_prompt(console, 30)
            console.run("mkdir -p /root/a/b; seq 100000 >/root/a/b/c; cp -r /etc /root/a/; ln -s b /root/a/l; ln /root/a/b/c /root/hard", 60)
            console.run("rm -r /root/a/etc; mv /root/a/b/c /root/moved; head -c 5000000 /dev/zero >/root/big; rm /root/big", 60)
            console.run("for i in $(seq 200); do echo $i >/home/student/$i; done; rm /home/student/*7", 60)
            console.send("poweroff\n")
            console.ended(30)
        status, output = run_command(log, ["/sbin/e2fsck", "-fn", f"{image}?offset={8 << 20}"], 60)
        check(status == 0, f"e2fsck after writing: status {status}\n" + "\n".join(output.splitlines()[:12]))
        status, output = run_command(log, ["/sbin/debugfs", "-R", "cat /root/moved", f"{image}?offset={8 << 20}"], 30)
        check("100000\n" in output, "what was written is not on the disk")


def _powers(log):
    for word, direct in (("poweroff", "release"), ("reboot", "release")):
        with Console(log, machine_arguments(direct=direct)) as console:
            _to_prompt(console, 30)
            console.send(word + "\n")
            status = console.ended()
            check(status == 0, f"QEMU's status after {word} is {status}")


def _no_disk(log):
    """A machine whose disk holds no file system: named, not a hang."""
    from vm import Machine, direct_kernel        # pylint: disable=import-outside-toplevel
    words = Machine().arguments() + direct_kernel("release") + ["-serial", "stdio", "-monitor", "none", "-parallel", "none"]
    with Console(log, words) as console:
        console.expect("root", 20, "the missing root is not named")
        try:
            console.ended(20)
        except Failure as reason:
            raise Failure("the kernel neither ends nor panics without a root") from reason


def _screen(log):
    """The framebuffer console: GRUB's mode, and something to read on it."""
    with tempfile.TemporaryDirectory(prefix="osier-screen-") as folder:
        words = machine_arguments()
        words[words.index("-monitor") + 1] = f"unix:{folder}/monitor,server=on,wait=off"
        picture = os.path.join(folder, "screen.ppm")
        with Console(log, words) as console:
            _to_prompt(console, 60)
            console.run("echo on the screen too >/dev/tty0 2>/dev/null")
            with socket.socket(socket.AF_UNIX) as monitor:
                monitor.connect(f"{folder}/monitor")
                monitor.sendall(f"screendump {picture}\n".encode())
                end = time.monotonic() + 20
                while not os.path.exists(picture) and time.monotonic() < end:
                    time.sleep(0.1)
                time.sleep(1)
        with open(picture, "rb") as file:
            magic, size, _, pixels = file.read().split(b"\n", 3)
        width, height = (int(word) for word in size.split())
        check(magic == b"P6" and (width, height) == (1024, 768), f"the screen is {width} x {height}")
        rows = {pixels[3 * width * y:3 * width * (y + 1)] for y in range(height)}
        check(len(rows) > 50, f"only {len(rows)} different rows of pixels: nothing is written on the screen")
        return f"{width} x {height}, {len(rows)} different rows"


def tests():
    return [
        _image_boot("bios"),
        _image_boot("uefi", UEFI=1, seconds=120),
        _image_boot("bios-qemu64-16M", CPU="qemu64", MEM="16M"),
        _image_boot("bios-2cpu-4G", CPUS=2, MEM="4G"),
        _image_boot("menu-debug", entry=1),
        _image_boot("menu-memtest", entry=2, wanted="memtest: passed", seconds=120),
        Test("boot/screen", _screen),
        Test("boot/no-init", _no_init),
        Test("boot/no-disk", _no_disk),
        Test("boot/poweroff-reboot", _powers),
        Test("image/after-writing", _writing),
        _console("pipelines", _pipelines),
        _console("redirection", _redirection),
        _console("editing", _interrupt),
        _console("jobs", _jobs),
        _console("logout", _logout),
        _console("faults", _faults),
    ]
