// links: kernel/vm/classify.c
/*
 * Every row of the table at the head of kernel/vm/classify.c, and the properties that hold for all inputs: over all
 * combinations of a reduced fact space the verdict never grants what the region forbids.
 */
#include "unit.h"

#include "arch/x86_64/pte.h"
#include "vm/fault.h"

#define LEAF (PTE_PRESENT | PTE_USER | 0x5000ull)

/* A user fault at a mapped private anonymous region; rows change what matters. */
static struct vm_fault base(enum vm_access access)
{
	return (struct vm_fault){
		.address = 0x10003010,
		.access = access,
		.error = FAULT_USER | (access == ACCESS_WRITE ? FAULT_WRITE : 0),
		.user_mode = true,
		.has_region = true,
		.region_start = 0x10000000,
		.region_end = 0x10010000,
		.region_prot = PROT_R | PROT_W,
		.levels = 1,
	};
}

static struct vm_fault with_leaf(enum vm_access access, uint64_t leaf, uint32_t refs, uint8_t shared)
{
	struct vm_fault fault = base(access);

	fault.levels = FAULT_LEVELS;
	for (int i = 0; i < FAULT_LEVELS - 1; i++)
		fault.entry[i] = PTE_PRESENT | PTE_WRITE | PTE_USER | 0x1000;
	fault.entry[FAULT_LEVELS - 1] = leaf | PTE_NO_EXECUTE;
	fault.frame_refs = refs;
	fault.shared_levels = shared;
	fault.path_writable = !shared;
	return fault;
}

static struct vm_fault of_object(enum vm_access access, bool shared, enum object_page_state state)
{
	struct vm_fault fault = base(access);

	fault.has_object = true;
	fault.page_state = state;
	if (shared)
		fault.region_flags |= REGION_SHARED;
	return fault;
}

#define EXPECT(fault_, verdict_)                                                                    \
	do {                                                                                       \
		struct vm_fault f_ = (fault_);                                                     \
		assert_string_equal(vm_verdict_name(vm_classify_fault(&f_)), #verdict_);           \
		assert_int_equal(vm_classify_fault(&f_), VERDICT_##verdict_);                      \
	} while (0)

static void test_no_region(void **state)
{
	struct vm_fault fault = base(ACCESS_READ);

	fault.has_region = false;
	EXPECT(fault, SEGV_MAPERR);
	fault = base(ACCESS_READ);
	fault.address = 0xffff800000001000ull;
	EXPECT(fault, SEGV_MAPERR);
	fault.address = 0x0000800000000000ull;
	EXPECT(fault, SEGV_MAPERR);
}

static void test_region_says_no(void **state)
{
	struct vm_fault fault = base(ACCESS_WRITE);

	fault.region_prot = PROT_R;
	EXPECT(fault, SEGV_ACCERR);
	fault = base(ACCESS_EXECUTE);
	EXPECT(fault, SEGV_ACCERR);
	fault = base(ACCESS_READ);
	fault.region_prot = 0;
	EXPECT(fault, SEGV_ACCERR);
	fault.region_flags = REGION_GUARD;
	EXPECT(fault, SEGV_GUARD);
	fault = base(ACCESS_READ);
	fault.region_prot = PROT_W;	/* writable implies readable */
	EXPECT(fault, ZERO_SHARE);
}

static void test_private_anonymous(void **state)
{
	struct vm_fault fault = base(ACCESS_WRITE);

	EXPECT(fault, DEMAND_ZERO);
	EXPECT(base(ACCESS_READ), ZERO_SHARE);
	fault.region_flags = REGION_STACK;
	EXPECT(fault, STACK_GROW);
	fault = base(ACCESS_READ);
	fault.region_flags = REGION_STACK;
	EXPECT(fault, STACK_GROW);

	EXPECT(with_leaf(ACCESS_WRITE, LEAF, 1, 0), COW_REUSE);
	EXPECT(with_leaf(ACCESS_WRITE, LEAF, 2, 0), COW_COPY);
	EXPECT(with_leaf(ACCESS_WRITE, LEAF, 1, 1), COW_COPY);
	/* W in the leaf below a path that is not ours is no permission. */
	EXPECT(with_leaf(ACCESS_WRITE, LEAF | PTE_WRITE, 1, 2), COW_COPY);
	EXPECT(with_leaf(ACCESS_WRITE, LEAF | PTE_WRITE, 1, 0), STALE_TLB);
	EXPECT(with_leaf(ACCESS_READ, LEAF, 2, 1), STALE_TLB);

	/* The other owner has gone, and only the root has not been told yet. */
	fault = with_leaf(ACCESS_WRITE, LEAF | PTE_WRITE, 1, 0);
	fault.path_writable = false;
	EXPECT(fault, COW_REUSE);

	/* The shared frame of zeros is never reused, whatever its count says. */
	fault = with_leaf(ACCESS_WRITE, LEAF | PTE_SPECIAL, 0, 0);
	fault.frame_is_zero = true;
	EXPECT(fault, DEMAND_ZERO);
}

static void test_held(void **state)
{
	uint64_t held = (LEAF & ~(uint64_t)PTE_PRESENT) | PTE_HELD;

	EXPECT(with_leaf(ACCESS_READ, held, 1, 0), PTE_UPGRADE);
	EXPECT(with_leaf(ACCESS_WRITE, held, 1, 0), COW_REUSE);
	EXPECT(with_leaf(ACCESS_WRITE, held, 2, 0), COW_COPY);
}

static void test_execute(void **state)
{
	struct vm_fault fault = with_leaf(ACCESS_EXECUTE, LEAF, 1, 0);

	fault.region_prot = PROT_R | PROT_X;
	EXPECT(fault, PTE_UPGRADE);
	fault.entry[FAULT_LEVELS - 1] &= ~PTE_NO_EXECUTE;
	EXPECT(fault, STALE_TLB);
}

static void test_objects(void **state)
{
	struct vm_fault fault;

	EXPECT(of_object(ACCESS_READ, false, PAGE_UPTODATE), OBJECT_MAP);
	EXPECT(of_object(ACCESS_READ, true, PAGE_UPTODATE), OBJECT_MAP);
	EXPECT(of_object(ACCESS_WRITE, false, PAGE_UPTODATE), OBJECT_COPY);
	EXPECT(of_object(ACCESS_WRITE, true, PAGE_UPTODATE), OBJECT_WRITE);
	EXPECT(of_object(ACCESS_READ, false, PAGE_ABSENT), OBJECT_FILL);
	EXPECT(of_object(ACCESS_WRITE, true, PAGE_ABSENT), OBJECT_FILL);
	EXPECT(of_object(ACCESS_WRITE, false, PAGE_BUSY), OBJECT_WAIT);
	EXPECT(of_object(ACCESS_READ, true, PAGE_PAST_END), BUS_ADRERR);
	EXPECT(of_object(ACCESS_READ, true, PAGE_ERROR), BUS_OBJERR);

	/* A private page of a private file mapping does not need the object's any more. */
	fault = with_leaf(ACCESS_WRITE, LEAF, 1, 0);
	fault.has_object = true;
	fault.page_state = PAGE_ABSENT;
	EXPECT(fault, COW_REUSE);
	fault.frame_refs = 2;
	EXPECT(fault, COW_COPY);
	/* ... but past the end of the file it is gone too. */
	fault.page_state = PAGE_PAST_END;
	EXPECT(fault, BUS_ADRERR);

	fault = with_leaf(ACCESS_WRITE, LEAF, 3, 0);
	fault.has_object = fault.frame_is_object = true;
	fault.page_state = PAGE_UPTODATE;
	EXPECT(fault, OBJECT_COPY);
	fault.region_flags = REGION_SHARED;
	EXPECT(fault, OBJECT_WRITE);
}

static void test_kernel(void **state)
{
	struct vm_fault fault = base(ACCESS_READ);

	fault.user_mode = false;
	EXPECT(fault, KERNEL_BUG);
	fault.user_copy = true;
	EXPECT(fault, ZERO_SHARE);
	fault.error |= FAULT_RESERVED_BIT;
	EXPECT(fault, KERNEL_BUG);
}

/* Whatever the facts: no verdict that repairs without the region's leave, and none but BUS past the end. */
static void test_no_rights_from_nowhere(void **state)
{
	unsigned long cases = 0;

	for (unsigned bits = 0; bits < 1u << 16; bits++) {
		struct vm_fault fault = base((enum vm_access)(bits % 3));
		enum vm_verdict verdict;
		bool allowed;

		fault.region_prot = bits >> 2 & 7;
		fault.has_object = bits >> 5 & 1;
		fault.region_flags = fault.has_object && (bits >> 6 & 1) ? REGION_SHARED : 0;
		fault.page_state = (enum object_page_state)((bits >> 7 & 7) % 5);
		fault.levels = bits >> 10 & 1 ? FAULT_LEVELS : 2;
		fault.entry[3] = (bits >> 11 & 1 ? LEAF : 0) | (bits >> 12 & 1 ? PTE_WRITE : 0);
		fault.path_writable = bits >> 13 & 1;
		fault.frame_refs = 1 + (bits >> 14 & 1);
		fault.frame_is_object = bits >> 15 & 1;
		verdict = vm_classify_fault(&fault);
		allowed = fault.access == ACCESS_WRITE ? fault.region_prot & PROT_W
			  : fault.access == ACCESS_EXECUTE ? fault.region_prot & PROT_X
							   : fault.region_prot != 0;
		if (!allowed)
			assert_int_equal(verdict, VERDICT_SEGV_ACCERR);
		else if (fault.has_object && fault.page_state == PAGE_PAST_END)
			assert_int_equal(verdict, VERDICT_BUS_ADRERR);
		else
			assert_true((verdict != VERDICT_NONE && verdict < VERDICT_SEGV_MAPERR) ||
				    verdict == VERDICT_BUS_OBJERR);
		if (verdict == VERDICT_COW_REUSE)
			assert_true(fault.frame_refs == 1 && !fault.shared_levels &&
				    !fault.frame_is_object);
		cases++;
	}
	assert_int_equal(cases, 1u << 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_region),
		cmocka_unit_test(test_region_says_no),
		cmocka_unit_test(test_private_anonymous),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_execute),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_no_rights_from_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
