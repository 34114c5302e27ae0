/* Well-known paths. */
#ifndef _PATHS_H_
#define _PATHS_H_

#define _PATH_BSHELL	"/bin/sh"
#define _PATH_CONSOLE	"/dev/console"
#define _PATH_DEFPATH	"/usr/bin:/bin"
#define _PATH_DEV	"/dev/"
#define _PATH_DEVNULL	"/dev/null"
#define _PATH_KLOG	"/proc/kmsg"
#define _PATH_MAILDIR	"/var/mail"
#define _PATH_MAN	"/usr/share/man"
#define _PATH_NOLOGIN	"/etc/nologin"
#define _PATH_STDPATH	"/usr/bin:/bin:/usr/sbin:/sbin"
#define _PATH_SHELLS	"/etc/shells"
#define _PATH_TMP	"/tmp/"
#define _PATH_TTY	"/dev/tty"
#define _PATH_VARRUN	"/var/run/"
#define _PATH_VARTMP	"/var/tmp/"
#define _PATH_VI	"/bin/vi"

#endif /* _PATHS_H_ */
