/* clock() counts microseconds, as XSI demands. */
#ifndef _MACHINE_TIME_H
#define _MACHINE_TIME_H

#define _CLOCKS_PER_SEC_ 1000000

#endif /* _MACHINE_TIME_H */
