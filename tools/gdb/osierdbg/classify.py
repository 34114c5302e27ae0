"""What an access would mean: the kernel's vm_classify_fault once more, for `osier predict`. Pure Python, no GDB.

The kernel's function decides; this one only foretells. tests/check/predict runs both over the same facts, every
row of kernel/vm/classify.c's table and some hundred thousand combinations, so that they cannot part.
"""

PRESENT, WRITE, HELD, SPECIAL, NO_EXECUTE = 1, 2, 1 << 9, 1 << 10, 1 << 63
PROT_R, PROT_W, PROT_X = 1, 2, 4
REGION_SHARED, REGION_STACK, REGION_GUARD = 1, 2, 4
RESERVED_BIT = 8
USER_END = 0x0000800000000000
LEVELS = 4


class Facts:
    """struct vm_fault without what was decided. The defaults are those of a user's read where nothing is."""

    FIELDS = {
        "address": 0, "instruction": 0, "error": 4, "access": "READ", "user_mode": True, "user_copy": False,
        "pid": 0, "tid": 0, "cpu": 0, "sequence": 0,
        "has_region": False, "has_object": False, "is_device": False, "region_start": 0, "region_end": 0,
        "region_prot": 0, "region_flags": 0, "object_id": 0, "object_index": 0, "page_state": "UPTODATE",
        "entry": (), "shared_levels": 0, "path_writable": False, "frame_refs": 0, "frame_before": 0,
        "frame_is_object": False, "frame_is_zero": False,
        "verdict": "NONE", "outcome": "NONE", "tables_copied": 0, "tables_made": 0, "retries": 0, "pages_mapped": 0,
        "frame_after": 0, "signal": 0, "code": 0,
    }

    def __init__(self, **fields):
        self.__dict__.update(self.FIELDS)
        self.__dict__.update(fields)

    @property
    def levels(self):
        return len(self.entry)

    @property
    def leaf(self):
        return self.entry[LEVELS - 1] if self.levels == LEVELS else 0


def region_allows(facts):
    wanted = {"READ": PROT_R | PROT_W | PROT_X, "WRITE": PROT_W, "EXECUTE": PROT_X}[facts.access]
    return bool(facts.region_prot & wanted)


def _tables_allow(facts):
    if not facts.leaf & PRESENT:
        return False
    if facts.access == "WRITE":
        return bool(facts.leaf & WRITE) and facts.path_writable
    return facts.access == "READ" or not facts.leaf & NO_EXECUTE


def _present_write(facts):
    leaf = facts.leaf
    if facts.region_flags & REGION_SHARED:
        upgrade = facts.is_device or (leaf & PRESENT and leaf & WRITE)
        return "PTE_UPGRADE" if upgrade else "OBJECT_WRITE"
    if facts.frame_is_zero:
        return "DEMAND_ZERO"
    if facts.frame_is_object or leaf & SPECIAL:
        return "OBJECT_COPY"
    return "COW_REUSE" if not facts.shared_levels and facts.frame_refs == 1 else "COW_COPY"


def _absent(facts):
    if not facts.has_object:
        if facts.region_flags & REGION_STACK:
            return "STACK_GROW"
        return "DEMAND_ZERO" if facts.access == "WRITE" else "ZERO_SHARE"
    if not facts.is_device and facts.page_state == "ABSENT":
        return "OBJECT_FILL"
    if not facts.is_device and facts.page_state == "BUSY":
        return "OBJECT_WAIT"
    if facts.access != "WRITE" or facts.is_device:
        return "OBJECT_MAP"
    return "OBJECT_WRITE" if facts.region_flags & REGION_SHARED else "OBJECT_COPY"


def classify(facts):
    """The verdict's name."""
    if not facts.user_mode and not facts.user_copy:
        return "KERNEL_BUG"
    if facts.error & RESERVED_BIT:
        return "KERNEL_BUG"
    if facts.address >= USER_END or not facts.has_region:
        return "SEGV_MAPERR"
    if facts.region_flags & REGION_GUARD:
        return "SEGV_GUARD"
    if not region_allows(facts):
        return "SEGV_ACCERR"
    if facts.has_object and facts.page_state == "PAST_END":
        return "BUS_ADRERR"
    if _tables_allow(facts):
        return "STALE_TLB"
    if facts.leaf:
        return _present_write(facts) if facts.access == "WRITE" else "PTE_UPGRADE"
    if facts.has_object and facts.page_state == "ERROR":
        return "BUS_OBJERR"
    return _absent(facts)
