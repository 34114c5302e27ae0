/* Between the object files. */
#ifndef OSIER_VM_OBJECT_PRIVATE_H
#define OSIER_VM_OBJECT_PRIVATE_H

#include "task/sched.h"
#include "vm/object.h"

void object_page_remove(struct vm_object *, uint64_t index);
/* Takes pages [first, last] out of every mapping that only reads them and is not locked. object.lock held. */
void object_unmap_clean(struct vm_object *, uint64_t first, uint64_t last);

#endif
