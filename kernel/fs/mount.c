/*
 * The list of file systems and the list of mounts.
 *
 * `mount_mutex` serialises mounting, unmounting, remounting and sync walks; `mount_lock` guards the list and
 * dentry.mounted for those who only cross.
 */
#include "fs/mount.h"

#include <osier/abi/sysmacros.h>

#include "debug/log.h"
#include "dev/device.h"
#include "fs/dentry.h"
#include "fs/inode.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

static struct list_node file_systems = LIST_INIT(file_systems);
static struct list_node mounts = LIST_INIT(mounts);
static struct spinlock mount_lock = SPINLOCK_INIT("mounts", LOCK_RANK_LIST);
static struct mutex mount_mutex;
static struct mount *root_mount;
static uint32_t next_minor = 1;		/* st_dev of mounts without a device: major 0 */

void mount_init(void)
{
	mutex_init(&mount_mutex, LOCK_RANK_MOUNT);
}

void file_system_register(struct file_system *file_system)
{
	list_add_tail(&file_systems, &file_system->link);
}

static struct file_system *find_file_system(const char *name)
{
	struct file_system *file_system;

	list_for_each_entry(file_system, &file_systems, link) {
		if (strcmp(file_system->name, name) == 0)
			return file_system;
	}
	return NULL;
}

int mount_file_systems(int (*show)(const struct file_system *, void *), void *context)
{
	struct file_system *file_system;

	list_for_each_entry(file_system, &file_systems, link) {
		int result = show(file_system, context);

		if (result)
			return result;
	}
	return 0;
}

void mount_init_internal(struct mount *mount)
{
	mount->dev = next_minor++;
	mount->max_file_size = INT64_MAX;
	mutex_init(&mount->rename_lock, LOCK_RANK_RENAME);
	spin_init(&mount->inode_lock, "mount_inodes", LOCK_RANK_CACHE);
	list_init(&mount->inodes);
}

static struct mount *allocate(const struct file_system *file_system, const char *source, unsigned flags)
{
	struct mount *mount = kzalloc(sizeof *mount);

	if (!mount)
		return NULL;
	mount->source = kstrdup(source);
	if (!mount->source) {
		kfree(mount);
		return NULL;
	}
	mount->file_system = file_system;
	mount->flags = flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SYNCHRONOUS | MS_NOATIME);
	mount_init_internal(mount);
	return mount;
}

static void free_mount(struct mount *mount)
{
	kfree(mount->source);
	kfree(mount);
}

/* => the device, or ERR_PTR(-ENOTBLK, -ENXIO, -EBUSY). mount_mutex held. */
static struct block_device *find_device(const char *source)
{
	struct block_device *device;
	struct mount *mount;

	if (string_starts_with(source, "/dev/"))
		source += 5;
	device = block_device_find(source);
	if (!device)
		return ERR_PTR(strchr(source, '/') ? -ENOTBLK : -ENXIO);
	list_for_each_entry(mount, &mounts, link) {
		if (mount->device == device)
			return ERR_PTR(-EBUSY);
	}
	return device;
}

static int create_locked(const char *type, const char *source, struct dentry *target, unsigned flags,
			 const char *options)
{
	struct file_system *file_system = find_file_system(type);
	struct block_device *device = NULL;
	struct mount *mount;
	int error;

	if (!file_system)
		return -ENODEV;
	if (target ? !S_ISDIR(target->inode->mode) : root_mount != NULL)
		return target ? -ENOTDIR : -EBUSY;
	if (target && (target->flags & (DENTRY_ROOT | DENTRY_MOUNTED)))
		return -EBUSY;
	if (file_system->needs_device) {
		device = find_device(source);
		if (IS_ERR(device))
			return (int)PTR_ERR(device);
	}
	mount = allocate(file_system, source, flags);
	if (!mount)
		return -ENOMEM;
	mount->device = device;
	if (device && device->read_only)
		mount->flags |= MS_RDONLY;
	if (device)
		mount->dev = OSIER_MKDEV(device->major, device->minor);
	error = file_system->mount(mount, device, options ? options : "");
	if (error) {
		free_mount(mount);
		return error;
	}

	spin_lock(&mount_lock);
	list_add_tail(&mounts, &mount->link);
	if (target) {
		mount->covered = dentry_get(target);
		target->mounted = mount;
		__atomic_fetch_or(&target->flags, DENTRY_MOUNTED, __ATOMIC_RELEASE);
	} else {
		root_mount = mount;
	}
	spin_unlock(&mount_lock);
	return 0;
}

int mount_create(const char *type, const char *source, struct dentry *target, unsigned flags,
		 const char *options)
{
	int error;

	mutex_lock(&mount_mutex);
	error = create_locked(type, source, target, flags, options);
	mutex_unlock(&mount_mutex);
	return error;
}

static void attach(struct mount *mount, bool on)
{
	struct dentry *covered = mount->covered;

	spin_lock(&mount_lock);
	covered->mounted = on ? mount : NULL;
	if (on)
		__atomic_fetch_or(&covered->flags, DENTRY_MOUNTED, __ATOMIC_RELEASE);
	else
		__atomic_fetch_and(&covered->flags, ~(uint32_t)DENTRY_MOUNTED, __ATOMIC_RELEASE);
	spin_unlock(&mount_lock);
}

/* Whether nobody but the mount itself has anything of it. mount_mutex held, detached, unused names forgotten. */
static bool is_unused(struct mount *mount)
{
	uint64_t inodes;

	if (refcount_read(&mount->root->refs) != 1)
		return false;
	if (mount->ops->is_busy)
		return !mount->ops->is_busy(mount);
	spin_lock(&mount->inode_lock);
	inodes = mount->inode_count;
	spin_unlock(&mount->inode_lock);
	return inodes == 1;
}

int mount_remove(struct dentry *root)
{
	struct mount *mount = root->mount;
	struct dentry *covered = mount->covered;
	bool is_root = root->flags & DENTRY_ROOT;
	int error;

	dentry_put(root);
	if (!is_root || !covered)
		return -EINVAL;

	mutex_lock(&mount_mutex);
	attach(mount, false);
	error = mount->ops->sync ? mount->ops->sync(mount, true) : 0;
	name_cache_forget_mount(mount);
	if (!error && !is_unused(mount))
		error = -EBUSY;
	if (error) {
		attach(mount, true);
		mutex_unlock(&mount_mutex);
		return error;
	}
	spin_lock(&mount_lock);
	list_remove(&mount->link);
	spin_unlock(&mount_lock);
	dentry_put(mount->root);
	if (mount->ops->unmount)
		mount->ops->unmount(mount);
	dentry_put(covered);
	free_mount(mount);
	mutex_unlock(&mount_mutex);
	return 0;
}

int mount_remount(struct dentry *root, unsigned flags)
{
	struct mount *mount = root->mount;
	const unsigned changeable = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_SYNCHRONOUS | MS_NOATIME;
	int error = 0;

	if (!(root->flags & DENTRY_ROOT))
		return -EINVAL;
	if (!(flags & MS_RDONLY) && mount->device && mount->device->read_only)
		return -EROFS;
	mutex_lock(&mount_mutex);
	if (mount->ops->remount)
		error = mount->ops->remount(mount, flags & changeable);
	if (!error)
		mount->flags = flags & changeable;
	mutex_unlock(&mount_mutex);
	return error;
}

struct dentry *mount_cross(struct dentry *dentry)
{
	while (load_acquire(&dentry->flags) & DENTRY_MOUNTED) {
		struct dentry *root = NULL;

		spin_lock(&mount_lock);
		if (dentry->mounted)
			root = dentry_get(dentry->mounted->root);
		spin_unlock(&mount_lock);
		if (!root)
			break;
		dentry_put(dentry);
		dentry = root;
	}
	return dentry;
}

struct dentry *mount_root(void)
{
	return root_mount ? dentry_get(root_mount->root) : NULL;
}

int mount_for_each(int (*show)(struct mount *, void *), void *context)
{
	struct mount *mount;
	int result = 0;

	mutex_lock(&mount_mutex);
	list_for_each_entry(mount, &mounts, link) {
		result = show(mount, context);
		if (result)
			break;
	}
	mutex_unlock(&mount_mutex);
	return result;
}

int mount_sync_all(void)
{
	struct mount *mount;
	int first_error = 0;

	mutex_lock(&mount_mutex);
	list_for_each_entry(mount, &mounts, link) {
		int error = mount->ops->sync ? mount->ops->sync(mount, true) : 0;

		if (error && !first_error)
			first_error = error;
	}
	mutex_unlock(&mount_mutex);
	return first_error;
}

void mount_shutdown(void)
{
	struct mount *mount;

	mutex_lock(&mount_mutex);
	list_for_each_entry_reverse(mount, &mounts, link) {
		int error = mount->ops->sync ? mount->ops->sync(mount, true) : 0;

		if (!error && mount->ops->remount)
			error = mount->ops->remount(mount, mount->flags | MS_RDONLY);
		if (error)
			log_error("%s: not everything could be written (error %d)", mount->source, -error);
		mount->flags |= MS_RDONLY;
	}
	mutex_unlock(&mount_mutex);
}
