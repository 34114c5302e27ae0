/* The group database, /etc/group. */
#ifndef _GRP_H_
#define _GRP_H_

#include <sys/types.h>

#define _PATH_GROUP	"/etc/group"

struct group {
	char *gr_name;
	char *gr_passwd;
	gid_t gr_gid;
	char **gr_mem;
};
#include <sys/cdefs.h>

__BEGIN_DECLS
struct group *getgrgid(gid_t);
struct group *getgrnam(const char *);
int getgrgid_r(gid_t, struct group *, char *, size_t, struct group **);
int getgrnam_r(const char *, struct group *, char *, size_t, struct group **);
struct group *getgrent(void);
void setgrent(void);
void endgrent(void);
#if __MISC_VISIBLE
int initgroups(const char *, gid_t);
int getgrouplist(const char *, gid_t, gid_t *, int *);
int setgroups(int, const gid_t *);
#endif
__END_DECLS

#endif /* _GRP_H_ */
