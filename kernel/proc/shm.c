/*
 * System V shared memory.
 *
 * Invariants
 *  1. The table holds one reference to a segment's object until IPC_RMID; after that only attachments do, and the last
 *     one to go frees the segment and its slot. A removed segment has no key any more.
 *  2. An id is a slot's number and a random part drawn when the slot is filled: ids are not guessed, and an old id
 *     does not name a new segment.
 *  3. How often a segment is attached is the number of regions in its object's list; it is not counted again.
 */
#include "proc/shm.h"

#include <osier/abi/errno.h>

#include "dev/random.h"
#include "fs/cred.h"
#include "fs/procfs.h"
#include "lib/err.h"
#include "lib/list.h"
#include "mm/commit.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "task/mutex.h"
#include "task/timer.h"
#include "vm/object.h"
#include "vm/space.h"
#include "vm/user_copy.h"

#define SHM_SLOTS 4096u			/* SHMMNI */
#define SHM_MAX_BYTES (1ull << 40)	/* SHMMAX: far above what can be promised */
#define SHM_MODE_BITS 0777u

struct shm_segment {
	struct vm_object object;	/* first: the object's release frees the segment */
	int id;
	key_t key;
	size_t size;			/* as asked for; the object has whole pages */
	uid_t uid, cuid;
	gid_t gid, cgid;
	mode_t mode;
	bool removed;
	pid_t creator, last;
	int64_t attach_time, detach_time, change_time;	/* seconds */
	bool noreserve;
};

static struct mutex shm_lock;		/* guards the table and what segments say; never held over a put */
static struct shm_segment *slots[SHM_SLOTS];

static int64_t now(void)
{
	return (int64_t)(clock_realtime_ns() / 1000000000u);
}

static pid_t own_pid(void)
{
	return process_current()->pid;
}

static void segment_release(struct vm_object *object)
{
	struct shm_segment *segment = container_of(object, struct shm_segment, object);

	mutex_lock(&shm_lock);
	slots[(unsigned)segment->id % SHM_SLOTS] = NULL;
	mutex_unlock(&shm_lock);
	if (!segment->noreserve)
		commit_uncharge(page_count(segment->size));
	kfree(segment);
}

static const struct object_ops segment_ops = { .release = segment_release };

/* => the segment, or NULL. shm_lock held; no reference is taken. */
static struct shm_segment *find_id(int id)
{
	struct shm_segment *segment = id < 0 ? NULL : slots[(unsigned)id % SHM_SLOTS];

	return segment && segment->id == id ? segment : NULL;
}

static struct shm_segment *find_key(key_t key)
{
	for (unsigned i = 0; i < SHM_SLOTS; i++)
		if (slots[i] && !slots[i]->removed && slots[i]->key == key)
			return slots[i];
	return NULL;
}

/* The creator counts as an owner. => 0 or -EACCES. */
static int check_access(const struct shm_segment *segment, unsigned want)
{
	const struct cred *cred = cred_current();
	unsigned granted = segment->mode;

	if (cred_is_superuser(cred))
		return 0;
	if (cred->euid == segment->uid || cred->euid == segment->cuid)
		granted >>= 6;
	else if (cred_in_group(cred, segment->gid) || cred_in_group(cred, segment->cgid))
		granted >>= 3;
	return want & ~granted & 7 ? -EACCES : 0;
}

static bool owns(const struct shm_segment *segment)
{
	const struct cred *cred = cred_current();

	return cred_is_superuser(cred) || cred->euid == segment->uid || cred->euid == segment->cuid;
}

/* A free slot and the id it gets. => slot, or -ENOSPC. shm_lock held. */
static int choose_slot(int *id)
{
	uint64_t random = random_u64();

	for (unsigned i = 0; i < SHM_SLOTS; i++) {
		unsigned slot = (unsigned)(random + i) % SHM_SLOTS;

		if (slots[slot])
			continue;
		*id = (int)((random >> 32 & 0x7ffff) * SHM_SLOTS + slot);
		return (int)slot;
	}
	return -ENOSPC;
}

static long create(key_t key, size_t size, int flags)
{
	const struct cred *cred = cred_current();
	struct shm_segment *segment;
	int slot, id;

	if (!size || size > SHM_MAX_BYTES)
		return -EINVAL;
	slot = choose_slot(&id);
	if (slot < 0)
		return slot;
	segment = kzalloc(sizeof *segment);
	if (!segment)
		return -ENOMEM;
	segment->noreserve = flags & SHM_NORESERVE;
	if (!segment->noreserve && commit_charge(page_count(size))) {
		kfree(segment);
		return -ENOMEM;
	}
	object_init(&segment->object, OBJECT_SHARED, &segment_ops, page_round_up(size), segment);
	segment->object.charges_pages = segment->noreserve;
	segment->id = id;
	segment->key = key;
	segment->size = size;
	segment->uid = segment->cuid = cred->euid;
	segment->gid = segment->cgid = cred->egid;
	segment->mode = (mode_t)flags & SHM_MODE_BITS;
	segment->creator = own_pid();
	segment->change_time = now();
	slots[slot] = segment;
	return id;
}

long shm_get(key_t key, size_t size, int flags)
{
	struct shm_segment *segment;
	unsigned want = ((unsigned)flags >> 6 | (unsigned)flags >> 3 | (unsigned)flags) & 7;
	long result;

	mutex_lock(&shm_lock);
	segment = key == IPC_PRIVATE ? NULL : find_key(key);
	if (!segment)
		result = key == IPC_PRIVATE || (flags & IPC_CREAT) ? create(key, size, flags) : -ENOENT;
	else if ((flags & IPC_CREAT) && (flags & IPC_EXCL))
		result = -EEXIST;
	else if (check_access(segment, want))
		result = -EACCES;
	else
		result = size > segment->size ? -EINVAL : segment->id;
	mutex_unlock(&shm_lock);
	return result;
}

/* A segment that may be attached, its object referenced. => ERR_PTR(-EINVAL, -EACCES). */
static struct shm_segment *take_for_attach(int id, unsigned want)
{
	struct shm_segment *segment;
	int error = 0;

	mutex_lock(&shm_lock);
	segment = find_id(id);
	if (!segment)
		error = -EINVAL;
	else
		error = check_access(segment, want);
	/* A removed segment may be on its way out this moment. */
	if (!error && !refcount_get_unless_zero(&segment->object.refs))
		error = -EIDRM;
	mutex_unlock(&shm_lock);
	return error ? ERR_PTR(error) : segment;
}

long shm_attach(int id, vaddr_t address, int flags)
{
	unsigned want = 4 | (flags & SHM_RDONLY ? 0 : 2) | (flags & SHM_EXEC ? 1 : 0);
	struct vm_map_request request = {
		.prot = PROT_R | (flags & SHM_RDONLY ? 0 : PROT_W) | (flags & SHM_EXEC ? PROT_X : 0),
		.flags = REGION_SHARED | REGION_SHM,
	};
	struct shm_segment *segment;
	vaddr_t place;
	int error;

	if (flags & ~(SHM_RDONLY | SHM_RND | SHM_REMAP | SHM_EXEC))
		return -EINVAL;
	if ((flags & SHM_REMAP) && !address)
		return -EINVAL;
	if (address & (SHMLBA - 1)) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		address &= ~(vaddr_t)(SHMLBA - 1);
		if (!address)
			return -EINVAL;
	}
	segment = take_for_attach(id, want);
	if (IS_ERR(segment))
		return PTR_ERR(segment);
	request.address = address;
	request.bytes = segment->object.size;
	request.max_prot = request.prot | PROT_X;
	request.fixed = address != 0;
	request.no_replace = !(flags & SHM_REMAP);
	request.object = &segment->object;
	error = vm_map(thread_current()->space, &request, &place);
	if (!error) {
		mutex_lock(&shm_lock);
		segment->attach_time = now();
		segment->last = own_pid();
		mutex_unlock(&shm_lock);
	}
	object_put(&segment->object);
	if (error)
		return error == -EEXIST || error == -EPERM ? -EINVAL : error;
	return (long)place;
}

/* The next piece of the attachment made at `base`, at or after *at. => its object with a reference, or NULL. */
static struct vm_object *next_piece(struct vm_space *space, vaddr_t base, vaddr_t *at, size_t *bytes)
{
	struct vm_object *object = NULL;

	rwlock_read_lock(&space->lock);
	for (const struct region *region = region_find_from(&space->regions, *at); region;
	     region = region_next(region)) {
		if ((region->flags & REGION_SHM) &&
		    region->start - (region->object_page << PAGE_SHIFT) == base) {
			object = object_get(region->object);
			*at = region->start;
			*bytes = region->end - region->start;
			break;
		}
		if (region->start > base && region->start - base > SHM_MAX_BYTES)
			break;
	}
	rwlock_read_unlock(&space->lock);
	return object;
}

long shm_detach(vaddr_t address)
{
	struct vm_space *space = thread_current()->space;
	struct vm_object *first = NULL, *piece;
	vaddr_t at = address;
	size_t bytes;
	int error = 0;

	if (address & (SHMLBA - 1))
		return -EINVAL;
	/* What munmap and mprotect have left of it: every piece of the first one's object. */
	while (!error && (piece = next_piece(space, address, &at, &bytes)) != NULL) {
		if (first && piece != first) {
			object_put(piece);
			break;
		}
		error = vm_unmap(space, at, bytes);
		at += bytes;
		if (first)
			object_put(piece);
		else
			first = piece;
	}
	if (!first)
		return -EINVAL;
	if (!error) {
		struct shm_segment *segment = container_of(first, struct shm_segment, object);

		mutex_lock(&shm_lock);
		segment->detach_time = now();
		segment->last = own_pid();
		mutex_unlock(&shm_lock);
	}
	object_put(first);
	return error;
}

static unsigned long attachments(struct shm_segment *segment)
{
	unsigned long count;

	mutex_lock(&segment->object.lock);
	count = list_length(&segment->object.regions);
	mutex_unlock(&segment->object.lock);
	return count;
}

static void describe(struct shm_segment *segment, struct shmid_ds *out)
{
	*out = (struct shmid_ds){
		.shm_perm = {
			.__key = segment->removed ? IPC_PRIVATE : segment->key,
			.uid = segment->uid, .gid = segment->gid,
			.cuid = segment->cuid, .cgid = segment->cgid,
			.mode = segment->mode | (segment->removed ? SHM_DEST : 0),
			.__seq = segment->id / (int)SHM_SLOTS,
		},
		.shm_segsz = segment->size,
		.shm_atime = segment->attach_time,
		.shm_dtime = segment->detach_time,
		.shm_ctime = segment->change_time,
		.shm_cpid = segment->creator,
		.shm_lpid = segment->last,
		.shm_nattch = attachments(segment),
	};
}

static int set_owner(struct shm_segment *segment, const struct shmid_ds *wanted)
{
	if (!owns(segment))
		return -EPERM;
	segment->uid = wanted->shm_perm.uid;
	segment->gid = wanted->shm_perm.gid;
	segment->mode = wanted->shm_perm.mode & SHM_MODE_BITS;
	segment->change_time = now();
	return 0;
}

long shm_control(int id, int command, vaddr_t buffer)
{
	struct shmid_ds data;
	struct shm_segment *segment;
	struct vm_object *put = NULL;
	long result = 0;

	if (command == IPC_SET && copy_value_from_user(&data, buffer))
		return -EFAULT;
	mutex_lock(&shm_lock);
	/* SHM_STAT goes by slot, and tells the id. */
	segment = command == SHM_STAT ? (id >= 0 && id < (int)SHM_SLOTS ? slots[id] : NULL)
				      : find_id(id);
	if (!segment) {
		mutex_unlock(&shm_lock);
		return -EINVAL;
	}
	switch (command) {
	case IPC_STAT:
	case SHM_STAT:
		result = check_access(segment, 4);
		if (!result)
			describe(segment, &data);
		break;
	case IPC_SET:
		result = set_owner(segment, &data);
		break;
	case IPC_RMID:
		if (!owns(segment)) {
			result = -EPERM;
		} else if (!segment->removed) {
			segment->removed = true;
			put = &segment->object;
		}
		break;
	case SHM_LOCK:
	case SHM_UNLOCK:
		/* Nothing is ever paged out: only the mode says so. */
		result = owns(segment) ? 0 : -EPERM;
		if (!result)
			segment->mode = command == SHM_LOCK ? segment->mode | SHM_LOCKED
							    : segment->mode & ~(mode_t)SHM_LOCKED;
		break;
	default:
		result = -EINVAL;
	}
	id = segment->id;
	mutex_unlock(&shm_lock);
	if (put)
		object_put(put);
	if (result)
		return result;
	if (command == IPC_STAT || command == SHM_STAT) {
		if (copy_value_to_user(buffer, &data))
			return -EFAULT;
		return command == SHM_STAT ? id : 0;
	}
	return 0;
}

void shm_show(struct text_buffer *out)
{
	text_print(out, "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid"
			"      atime      dtime      ctime\n");
	mutex_lock(&shm_lock);
	for (unsigned i = 0; i < SHM_SLOTS; i++) {
		struct shmid_ds d;

		if (!slots[i])
			continue;
		describe(slots[i], &d);
		text_print(out, "%10d %10d  %4o %21lu %5d %5d  %5lu %5u %5u %5u %5u %10ld %10ld %10ld\n",
			   (int)d.shm_perm.__key, slots[i]->id, (unsigned)d.shm_perm.mode, d.shm_segsz,
			   (int)d.shm_cpid, (int)d.shm_lpid, d.shm_nattch, (unsigned)d.shm_perm.uid,
			   (unsigned)d.shm_perm.gid, (unsigned)d.shm_perm.cuid,
			   (unsigned)d.shm_perm.cgid, (long)d.shm_atime, (long)d.shm_dtime,
			   (long)d.shm_ctime);
	}
	mutex_unlock(&shm_lock);
}

void shm_init(void)
{
	/* Before an object's lock, which describe() takes under it. */
	mutex_init(&shm_lock, LOCK_RANK_SPACE - 1);
}
