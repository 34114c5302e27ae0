/*
 * devfs: a tmpfs that begins with a node for every registered device, and the links that programs expect in /dev.
 * Being a tmpfs it takes chmod, chown, mknod, mkdir like any other.
 */
#include <osier/abi/sysmacros.h>

#include "debug/log.h"
#include "dev/device.h"
#include "fs/dentry.h"
#include "fs/tmpfs.h"
#include "lib/err.h"
#include "lib/string.h"

static struct name make_name(const char *text, size_t length)
{
	return (struct name){ text, (unsigned)length, name_hash(text, (unsigned)length) };
}

/* Makes one node unless the name exists. directory->lock held exclusive. */
static int add(struct inode *directory, const char *text, size_t length, mode_t mode, dev_t rdev, const char *target,
	       struct inode **out)
{
	struct name name = make_name(text, length);
	int error = directory->ops->lookup(directory, &name, out);

	if (error != -ENOENT)
		return error;
	if (S_ISDIR(mode))
		return directory->ops->mkdir(directory, &name, mode, out);
	if (S_ISLNK(mode))
		return directory->ops->symlink(directory, &name, target, out);
	return directory->ops->create(directory, &name, mode, rdev, out);
}

/* A device's node; "pts/0" lies in a directory that is made on the way. */
static int add_device(struct inode *directory, const char *path, mode_t mode, dev_t rdev)
{
	const char *slash = strchr(path, '/');
	struct inode *inode = NULL, *below = NULL;
	int error;

	if (!slash) {
		error = add(directory, path, strlen(path), mode, rdev, NULL, &inode);
		if (!error)
			inode_put(inode);
		return error;
	}
	error = add(directory, path, (size_t)(slash - path), S_IFDIR | 0755, 0, NULL, &below);
	if (error)
		return error;
	rwlock_write_lock(&below->lock);
	error = add(below, slash + 1, strlen(slash + 1), mode, rdev, NULL, &inode);
	rwlock_write_unlock(&below->lock);
	if (!error)
		inode_put(inode);
	inode_put(below);
	return error;
}

static int add_devices(struct inode *directory)
{
	int error = 0;

	for (struct char_device *device = char_device_next(NULL); device && !error; device = char_device_next(device))
		error = add_device(directory, device->name, S_IFCHR | device->mode,
				   OSIER_MKDEV(device->major, device->minor));
	for (struct block_device *device = block_device_next(NULL); device && !error;
	     device = block_device_next(device))
		error = add_device(directory, device->name, S_IFBLK | 0660,
				   OSIER_MKDEV(device->major, device->minor));
	return error;
}

static int add_usual(struct inode *directory)
{
	static const struct {
		const char *name;
		mode_t mode;
		const char *target;
	} usual[] = {
		{ "fd", S_IFLNK | 0777, "/proc/self/fd" },
		{ "stdin", S_IFLNK | 0777, "/proc/self/fd/0" },
		{ "stdout", S_IFLNK | 0777, "/proc/self/fd/1" },
		{ "stderr", S_IFLNK | 0777, "/proc/self/fd/2" },
		{ "shm", S_IFDIR | 0755, NULL },
		{ "pts", S_IFDIR | 0755, NULL },
	};
	int error = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(usual) && !error; i++) {
		struct inode *inode = NULL;

		error = add(directory, usual[i].name, strlen(usual[i].name), usual[i].mode, 0, usual[i].target, &inode);
		if (!error)
			inode_put(inode);
	}
	return error;
}

static int devfs_mount(struct mount *mount, struct block_device *device, const char *options)
{
	struct inode *root;
	int error = tmpfs_mount(mount, NULL, "mode=0755,size=1m");

	if (error)
		return error;
	root = mount->root->inode;
	rwlock_write_lock(&root->lock);
	error = add_devices(root);
	if (!error)
		error = add_usual(root);
	rwlock_write_unlock(&root->lock);
	if (error) {
		dentry_put(mount->root);
		mount->ops->unmount(mount);
	}
	return error;
}

static struct file_system devfs_file_system = { .name = "devfs", .mount = devfs_mount };

static int refresh_one(struct mount *mount, void *context)
{
	if (mount->file_system == &devfs_file_system) {
		struct inode *root = mount->root->inode;

		name_cache_forget_mount(mount);		/* that a name is absent is no longer true */
		rwlock_write_lock(&root->lock);
		if (add_devices(root))
			log_warn("devfs: no room for the new devices' names");
		rwlock_write_unlock(&root->lock);
	}
	return 0;
}

void devfs_refresh(void)
{
	(void)mount_for_each(refresh_one, NULL);
}

void devfs_init(void)
{
	file_system_register(&devfs_file_system);
}
