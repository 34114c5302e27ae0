/* Between the object files. */
#ifndef OSIER_VM_OBJECT_PRIVATE_H
#define OSIER_VM_OBJECT_PRIVATE_H

#include "task/sched.h"
#include "vm/object.h"

void object_page_remove(struct vm_object *, uint64_t index);

#endif
