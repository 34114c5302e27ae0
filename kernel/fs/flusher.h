/* The thread that writes back what is dirty. */
#ifndef OSIER_FS_FLUSHER_H
#define OSIER_FS_FLUSHER_H

void flusher_start(void);

#endif
