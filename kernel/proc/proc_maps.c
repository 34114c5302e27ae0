/*
 * /proc/PID/maps and smaps, in Linux's formats. The regions are copied out a batch at a time with the space's lock held; names
 * are looked up without it.
 */
#include <osier/abi/errno.h>

#include "fs/dentry.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "fs/mount.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/proc_tree.h"
#include "proc/process.h"
#include "task/sched.h"
#include "vm/object.h"
#include "vm/space.h"

#define BATCH 16
#define PATH_BYTES 4096

/* What smaps counts, in pages. */
struct page_sums {
	uint64_t resident, shared_clean, shared_dirty, private_clean, private_dirty;
};

static void sum_pages(struct vm_space *space, const struct region *region, struct page_sums *sums)
{
	for (vaddr_t at = region->start; at < region->end; at += PAGE_SIZE) {
		struct vm_page_info info;

		vm_page_info(space, at, &info);
		sched_point();
		if ((!info.present && !info.held) || info.zero)
			continue;
		sums->resident++;
		if (info.shared)
			info.dirty ? sums->shared_dirty++ : sums->shared_clean++;
		else
			info.dirty || !info.object ? sums->private_dirty++ : sums->private_clean++;
	}
}

/* The file behind an object, as a path. => start within buffer, or NULL. */
static const char *object_path(struct vm_object *object, char *buffer)
{
	struct inode *inode = inode_of_object(object);
	struct dentry *dentry, *root;
	char *path;

	dentry = name_cache_find_inode(inode);
	if (!dentry) {
		string_copy(buffer, "(deleted)", PATH_BYTES);
		return buffer;
	}
	root = fs_root();
	path = dentry_path(dentry, root, buffer, PATH_BYTES, false);
	dentry_put(root);
	dentry_put(dentry);
	return IS_ERR(path) ? NULL : path;
}

static void show_region(struct text_buffer *out, const struct region *region, char *buffer)
{
	struct vm_object *object = region->object;
	struct inode *inode = object && object->kind == OBJECT_INODE ? inode_of_object(object) : NULL;
	dev_t dev = inode && inode->mount ? inode->mount->dev : 0;
	const char *name = region->name;
	size_t before = out->length;

	if (!name && inode)
		name = object_path(object, buffer);
	else if (!name && object && object->kind == OBJECT_SHARED)
		name = "/dev/zero (deleted)";
	else if (!name && object && object->kind == OBJECT_DEVICE)
		name = "[device]";
	else if (!name && (region->flags & REGION_GUARD))
		name = "[guard]";
	text_print(out, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", region->start, region->end,
		   region->prot & PROT_R ? 'r' : '-', region->prot & PROT_W ? 'w' : '-',
		   region->prot & PROT_X ? 'x' : '-', region->flags & REGION_SHARED ? 's' : 'p',
		   object ? region->object_page * PAGE_SIZE : 0ul, (unsigned)(dev >> 8 & 0xff),
		   (unsigned)(dev & 0xff), inode ? (unsigned long)inode->ino : 0ul);
	if (name) {
		/* The name stands in column 74, as everywhere. */
		while (!out->error && out->length - before < 73)
			text_append(out, " ", 1);
		text_append(out, name, strlen(name));
	}
	text_append(out, "\n", 1);
}

static void show_sums(struct text_buffer *out, struct vm_space *space, const struct region *region)
{
	struct page_sums sums = { 0 };
	uint64_t clean, dirty;

	sum_pages(space, region, &sums);
	clean = sums.shared_clean + sums.private_clean;
	dirty = sums.shared_dirty + sums.private_dirty;
	text_print(out, "Size:           %8lu kB\n", (region->end - region->start) / 1024);
	text_print(out, "KernelPageSize: %8u kB\nMMUPageSize:    %8u kB\n", 4, 4);
	text_print(out, "Rss:            %8lu kB\n", sums.resident * 4);
	text_print(out, "Pss:            %8lu kB\n", (sums.private_clean + sums.private_dirty) * 4 +
							(sums.shared_clean + sums.shared_dirty) * 2);
	text_print(out, "Shared_Clean:   %8lu kB\n", sums.shared_clean * 4);
	text_print(out, "Shared_Dirty:   %8lu kB\n", sums.shared_dirty * 4);
	text_print(out, "Private_Clean:  %8lu kB\n", sums.private_clean * 4);
	text_print(out, "Private_Dirty:  %8lu kB\n", sums.private_dirty * 4);
	text_print(out, "Referenced:     %8lu kB\n", (clean + dirty) * 4);
	text_print(out, "Anonymous:      %8lu kB\n", region->object ? 0ul : sums.resident * 4);
	text_print(out, "Swap:           %8u kB\nLocked:         %8lu kB\n", 0,
		   region->flags & REGION_LOCKED ? sums.resident * 4 : 0ul);
	text_print(out, "VmFlags: %s%s%s%s%s\n", region->prot & PROT_R ? "rd " : "",
		   region->prot & PROT_W ? "wr " : "", region->prot & PROT_X ? "ex " : "",
		   region->flags & REGION_SHARED ? "sh " : "", region->flags & REGION_STACK ? "gd " : "");
}

/* Copies the next regions from `from` on, with references on their objects. */
static unsigned copy_regions(struct vm_space *space, vaddr_t from, struct region *batch)
{
	struct region *region;
	unsigned count = 0;

	rwlock_read_lock(&space->lock);
	for (region = region_find_from(&space->regions, from); region && count < BATCH;
	     region = region_next(region)) {
		batch[count] = *region;
		if (region->object)
			object_get(region->object);
		count++;
	}
	rwlock_read_unlock(&space->lock);
	return count;
}

static int show(const struct proc_node *node, struct text_buffer *out, bool with_sums)
{
	struct process *process = process_find((pid_t)node->key);
	struct vm_space *space;
	struct region *batch;
	char *buffer;
	vaddr_t at = 0;
	unsigned count;

	if (!process)
		return -ESRCH;
	space = process_space_get(process);
	process_put(process);
	if (!space)
		return 0;
	batch = kmalloc(BATCH * sizeof(*batch));
	buffer = kmalloc(PATH_BYTES);
	while (batch && buffer && (count = copy_regions(space, at, batch))) {
		for (unsigned i = 0; i < count; i++) {
			show_region(out, &batch[i], buffer);
			if (with_sums)
				show_sums(out, space, &batch[i]);
			if (batch[i].object)
				object_put(batch[i].object);
			at = batch[i].end;
		}
		sched_point();
	}
	if (!batch || !buffer)
		out->error = -ENOMEM;
	kfree(batch);
	kfree(buffer);
	vm_space_put(space);
	return out->error;
}

int proc_show_maps(const struct proc_node *node, struct text_buffer *out)
{
	return show(node, out, false);
}

int proc_show_smaps(const struct proc_node *node, struct text_buffer *out)
{
	return show(node, out, true);
}
