/*
 * What a process died of, in words: "vmdemo[12]: segmentation fault: write to 0x10 (not mapped) at ip 0x401a2c".
 */
#include "vm/fault.h"
#include "vm/region.h"

#include "proc/fault_log.h"

#include "arch/x86_64/trap_frame.h"
#include "debug/log.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/process.h"
#include "task/thread.h"

static const char *signal_words(int signal, int code)
{
	switch (signal) {
	case SIGSEGV:
		return "segmentation fault";
	case SIGBUS:
		return "bus error";
	case SIGILL:
		return "illegal instruction";
	case SIGFPE:
		return code == FPE_INTDIV ? "integer division by zero or overflow" : "arithmetic exception";
	case SIGTRAP:
		return "trap";
	case SIGSYS:
		return "bad system call";
	default:
		return "fault";
	}
}

static const char *access_words(enum vm_access access)
{
	return access == ACCESS_WRITE ? "write to" : access == ACCESS_EXECUTE ? "execution of" : "read of";
}

/* Why, and where the region lies. */
static void describe_region(const struct vm_fault *fault, char *text, size_t size)
{
	if (!fault->has_region) {
		string_copy(text, fault->address < 4096 ? "not mapped: a null pointer" : "not mapped", size);
		return;
	}
	ksnprintf(text, size, "%s 0x%lx-0x%lx %c%c%c",
		  fault->region_flags & REGION_GUARD ? "guard" :
		  fault->region_flags & REGION_STACK ? "stack" : "region",
		  fault->region_start, fault->region_end, fault->region_prot & PROT_R ? 'r' : '-',
		  fault->region_prot & PROT_W ? 'w' : '-', fault->region_prot & PROT_X ? 'x' : '-');
}

void fault_log(int signal, const struct signal_info *info)
{
	struct thread *thread = thread_current();
	const struct vm_fault *fault = thread->fault;
	uint64_t ip = cpu_user_frame()->rip;
	char region[80];

	if ((signal == SIGSEGV || signal == SIGBUS) && fault && fault->address == info->value &&
	    (fault->outcome == OUTCOME_SIGNAL || fault->outcome == OUTCOME_NO_MEMORY)) {
		describe_region(fault, region, sizeof(region));
		log_info("%s[%d]: %s: %s 0x%lx (%s%s) at ip 0x%lx", thread->process->name,
			 thread->process->pid, signal_words(signal, info->code),
			 access_words(fault->access), fault->address, region,
			 fault->outcome == OUTCOME_NO_MEMORY ? ", no frame to be had" : "", ip);
		return;
	}
	log_info("%s[%d]: %s at ip 0x%lx", thread->process->name, thread->process->pid,
		 signal_words(signal, info->code), ip);
}
