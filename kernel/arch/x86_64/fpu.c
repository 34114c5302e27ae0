/*
 * fpu.h.
 */
#include "arch/x86_64/fpu.h"

#include "arch/x86_64/cpu.h"
#include "debug/assert.h"
#include "lib/string.h"

#define XCR0_X87 1u
#define XCR0_SSE 2u
#define XCR0_AVX 4u
#define XCR0_AVX512 0xe0u

#define LEGACY_BYTES 512
#define HEADER_BYTES 64
#define MXCSR_OFFSET 24
#define MXCSR_MASK_OFFSET 28
#define MXCSR_DEFAULT 0x1f80u
#define CONTROL_DEFAULT 0x037fu

static uint64_t components;		/* XCR0; 0: FXSAVE only */
static size_t area_bytes = LEGACY_BYTES;
static uint32_t mxcsr_mask = 0xffbf;

static void registers_on(void)
{
	__asm__ volatile("clts" : : : "memory");
}

static void registers_off(void)
{
	write_cr0(read_cr0() | CR0_TS);
}

static void load(const void *area)
{
	if (components)
		__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"((uint32_t)components),
				 "d"((uint32_t)(components >> 32)) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

static void save(void *area)
{
	if (components && cpu_features.xsaveopt)
		__asm__ volatile("xsaveopt64 (%0)" : : "r"(area), "a"((uint32_t)components),
				 "d"((uint32_t)(components >> 32)) : "memory");
	else if (components)
		__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"((uint32_t)components),
				 "d"((uint32_t)(components >> 32)) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

void fpu_init(void)
{
	uint64_t cr4 = read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;
	uint8_t probe[LEGACY_BYTES] __aligned(16);
	uint32_t mask;

	write_cr0((read_cr0() | CR0_MP | CR0_NE) & ~(uint64_t)(CR0_EM | CR0_TS));
	if (cpu_features.xsave)
		cr4 |= CR4_OSXSAVE;
	write_cr4(cr4);
	if (cpu_features.xsave) {
		uint32_t supported = cpuid(13, 0).eax;

		components = XCR0_X87 | XCR0_SSE | (supported & XCR0_AVX);
		if ((supported & XCR0_AVX512) == XCR0_AVX512 && components & XCR0_AVX)
			components |= XCR0_AVX512;
		__asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)components), "d"(0) : "memory");
		area_bytes = align_up(cpuid(13, 0).ebx, FPU_AREA_ALIGN);
	}
	__asm__ volatile("fninit; fxsave64 (%0)" : : "r"(probe) : "memory");
	memcpy(&mask, probe + MXCSR_MASK_OFFSET, sizeof(mask));
	if (mask)
		mxcsr_mask = mask;
	registers_off();
}

size_t fpu_area_bytes(void)
{
	return area_bytes;
}

void fpu_area_init(void *area)
{
	uint16_t control = CONTROL_DEFAULT;
	uint32_t mxcsr = MXCSR_DEFAULT;

	ASSERT(((uintptr_t)area & (FPU_AREA_ALIGN - 1)) == 0);
	/* An all-zero XSAVE header means: every component in its initial state; x87 and SSE are spelt out all the same. */
	memset(area, 0, area_bytes);
	memcpy(area, &control, sizeof(control));
	memcpy((char *)area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

void fpu_first_use(const void *area)
{
	registers_on();
	load(area);
}

void fpu_switch_out(void *area)
{
	save(area);
	registers_off();
}

void fpu_reset(void)
{
	registers_off();
}

void fpu_fork_copy(void *child_area, void *parent_area, bool parent_live)
{
	if (parent_live)
		save(parent_area);
	memcpy(child_area, parent_area, area_bytes);
}

void fpu_area_sanitise(void *area)
{
	uint32_t mxcsr;

	memcpy(&mxcsr, (char *)area + MXCSR_OFFSET, sizeof(mxcsr));
	mxcsr &= mxcsr_mask;
	memcpy((char *)area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
	if (components) {
		/* Header: components present, then a word that would mean another format, then reserved bytes. */
		uint64_t header[HEADER_BYTES / 8];

		memcpy(header, (char *)area + LEGACY_BYTES, sizeof(header));
		header[0] &= components;
		memset(&header[1], 0, sizeof(header) - sizeof(header[0]));
		memcpy((char *)area + LEGACY_BYTES, header, sizeof(header));
	}
}
