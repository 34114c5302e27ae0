/*
 * Error numbers. The values are newlib's, not Linux's: above 34 they differ.
 * A system call returns -E* in rax; libc turns that into errno.
 */
#ifndef OSIER_ABI_ERRNO_H
#define OSIER_ABI_ERRNO_H

#define EPERM            1       /* not owner */
#define ENOENT           2       /* no such file or directory */
#define ESRCH            3       /* no such process */
#define EINTR            4       /* interrupted system call */
#define EIO              5       /* i/o error */
#define ENXIO            6       /* no such device or address */
#define E2BIG            7       /* arg list too long */
#define ENOEXEC          8       /* exec format error */
#define EBADF            9       /* bad file number */
#define ECHILD           10      /* no children */
#define EAGAIN           11      /* no more processes */
#define ENOMEM           12      /* not enough space */
#define EACCES           13      /* permission denied */
#define EFAULT           14      /* bad address */
#define ENOTBLK          15      /* block device required */
#define EBUSY            16      /* device or resource busy */
#define EEXIST           17      /* file exists */
#define EXDEV            18      /* cross-device link */
#define ENODEV           19      /* no such device */
#define ENOTDIR          20      /* not a directory */
#define EISDIR           21      /* is a directory */
#define EINVAL           22      /* invalid argument */
#define ENFILE           23      /* too many open files in system */
#define EMFILE           24      /* file descriptor value too large */
#define ENOTTY           25      /* not a character device */
#define ETXTBSY          26      /* text file busy */
#define EFBIG            27      /* file too large */
#define ENOSPC           28      /* no space left on device */
#define ESPIPE           29      /* illegal seek */
#define EROFS            30      /* read-only file system */
#define EMLINK           31      /* too many links */
#define EPIPE            32      /* broken pipe */
#define EDOM             33      /* mathematics argument out of domain of function */
#define ERANGE           34      /* result too large */
#define ENOMSG           35      /* no message of desired type */
#define EIDRM            36      /* identifier removed */
#define ECHRNG           37      /* channel number out of range */
#define EL2NSYNC         38      /* level 2 not synchronized */
#define EL3HLT           39      /* level 3 halted */
#define EL3RST           40      /* level 3 reset */
#define ELNRNG           41      /* link number out of range */
#define EUNATCH          42      /* protocol driver not attached */
#define ENOCSI           43      /* no csi structure available */
#define EL2HLT           44      /* level 2 halted */
#define EDEADLK          45      /* deadlock */
#define ENOLCK           46      /* no lock */
#define EBADE            50      /* invalid exchange */
#define EBADR            51      /* invalid request descriptor */
#define EXFULL           52      /* exchange full */
#define ENOANO           53      /* no anode */
#define EBADRQC          54      /* invalid request code */
#define EBADSLT          55      /* invalid slot */
#define EBFONT           57      /* bad font file fmt */
#define ENOSTR           60      /* not a stream */
#define ENODATA          61      /* no data (for no delay io) */
#define ETIME            62      /* stream ioctl timeout */
#define ENOSR            63      /* no stream resources */
#define ENONET           64      /* machine is not on the network */
#define ENOPKG           65      /* package not installed */
#define EREMOTE          66      /* the object is remote */
#define ENOLINK          67      /* virtual circuit is gone */
#define EADV             68      /* advertise error */
#define ESRMNT           69      /* srmount error */
#define ECOMM            70      /* communication error on send */
#define EPROTO           71      /* protocol error */
#define EMULTIHOP        74      /* multihop attempted */
#define ELBIN            75      /* inode is remote (not really error) */
#define EDOTDOT          76      /* cross mount point (not really error) */
#define EBADMSG          77      /* bad message */
#define EFTYPE           79      /* inappropriate file type or format */
#define ENOTUNIQ         80      /* given log. name not unique */
#define EBADFD           81      /* f.d. invalid for this operation */
#define EREMCHG          82      /* remote address changed */
#define ELIBACC          83      /* can't access a needed shared lib */
#define ELIBBAD          84      /* accessing a corrupted shared lib */
#define ELIBSCN          85      /* .lib section in a.out corrupted */
#define ELIBMAX          86      /* attempting to link in too many libs */
#define ELIBEXEC         87      /* attempting to exec a shared library */
#define ENOSYS           88      /* function not implemented */
#define ENMFILE          89      /* no more files */
#define ENOTEMPTY        90      /* directory not empty */
#define ENAMETOOLONG     91      /* file or path name too long */
#define ELOOP            92      /* too many symbolic links */
#define EOPNOTSUPP       95      /* operation not supported on socket */
#define EPFNOSUPPORT     96      /* protocol family not supported */
#define ECONNRESET       104     /* connection reset by peer */
#define ENOBUFS          105     /* no buffer space available */
#define EAFNOSUPPORT     106     /* address family not supported by protocol family */
#define EPROTOTYPE       107     /* protocol wrong type for socket */
#define ENOTSOCK         108     /* socket operation on non-socket */
#define ENOPROTOOPT      109     /* protocol not available */
#define ESHUTDOWN        110     /* can't send after socket shutdown */
#define ECONNREFUSED     111     /* connection refused */
#define EADDRINUSE       112     /* address already in use */
#define ECONNABORTED     113     /* software caused connection abort */
#define ENETUNREACH      114     /* network is unreachable */
#define ENETDOWN         115     /* network interface is not configured */
#define ETIMEDOUT        116     /* connection timed out */
#define EHOSTDOWN        117     /* host is down */
#define EHOSTUNREACH     118     /* host is unreachable */
#define EINPROGRESS      119     /* connection already in progress */
#define EALREADY         120     /* socket already connected */
#define EDESTADDRREQ     121     /* destination address required */
#define EMSGSIZE         122     /* message too long */
#define EPROTONOSUPPORT  123     /* unknown protocol */
#define ESOCKTNOSUPPORT  124     /* socket type not supported */
#define EADDRNOTAVAIL    125     /* address not available */
#define ENETRESET        126     /* connection aborted by network */
#define EISCONN          127     /* socket is already connected */
#define ENOTCONN         128     /* socket is not connected */
#define ETOOMANYREFS     129
#define EPROCLIM         130
#define EUSERS           131
#define EDQUOT           132
#define ESTALE           133
#define ENOTSUP          134     /* not supported */
#define ENOMEDIUM        135     /* no medium (in tape drive) */
#define ENOSHARE         136     /* no such host or network path */
#define ECASECLASH       137     /* filename exists with different case */
#define EILSEQ           138     /* illegal byte sequence */
#define EOVERFLOW        139     /* value too large for defined data type */
#define ECANCELED        140     /* operation canceled */
#define ENOTRECOVERABLE  141     /* state not recoverable */
#define EOWNERDEAD       142     /* previous owner died */
#define ESTRPIPE         143     /* streams pipe error */
#define EWOULDBLOCK      EAGAIN  /* operation would block */

#endif /* OSIER_ABI_ERRNO_H */
