/*
 * The file layer at boot: its caches, the file systems it knows, and the first mounts.
 */
#include "debug/log.h"
#include "dev/random.h"
#include "fs/dentry.h"
#include "fs/ext2/ext2.h"
#include "fs/file.h"
#include "fs/file_lock.h"
#include "fs/flusher.h"
#include "fs/mount.h"
#include "fs/path.h"
#include "fs/pipe.h"
#include "fs/procfs_internal.h"
#include "fs/tmpfs.h"
#include "fs/vfs.h"
#include "lib/err.h"
#include "lib/string.h"

void vfs_init(void)
{
	name_hash_seed ^= (uint32_t)random_u64();
	dentry_init();
	inode_init_once();
	mount_init();
	file_init();
	file_lock_init();
	pipe_init();
	tmpfs_init();
	devfs_init();
	procfs_init();
	ext2_init();
}

/* Mounts `type` on a directory of the root; says so if that cannot be. */
static void mount_at(const char *type, const char *target, unsigned flags, const char *options)
{
	struct dentry *dentry;
	int error = path_resolve(NULL, target, PATH_DIRECTORY, &dentry);

	if (error == -ENOENT && vfs_mkdir(NULL, target, 0755) == 0)
		error = path_resolve(NULL, target, PATH_DIRECTORY, &dentry);
	if (!error) {
		error = mount_create(type, type, dentry, flags, options);
		dentry_put(dentry);
	}
	if (error)
		log_error("vfs: cannot mount %s on %s (error %d)", type, target, -error);
}

int vfs_mount_root(const char *root)
{
	bool in_memory = strcmp(root, "tmpfs") == 0;
	int error = mount_create(in_memory ? "tmpfs" : "ext2", root, NULL, 0, in_memory ? "mode=0755" : "");

	if (error) {
		log_error("vfs: cannot mount %s as the root file system (error %d)", root, -error);
		return error;
	}
	mount_at("devfs", "/dev", MS_NOSUID, "");
	mount_at("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=01777");
	mount_at("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
	mount_at("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=01777");
	flusher_start();
	return 0;
}
