/*
 * futex(uaddr, op, val, timeout, uaddr2, val3). Linux numbers; these operations exist:
 *   WAIT         sleep while *uaddr == val, timeout relative on the monotonic clock; -EAGAIN,
 *                -ETIMEDOUT, -EINTR
 *   WAKE         wake up to val sleepers; returns how many
 *   WAIT_BITSET  as WAIT, timeout absolute: monotonic, or realtime with FUTEX_CLOCK_REALTIME
 *   CMP_REQUEUE  if *uaddr == val3 (else -EAGAIN): wake up to val, move up to (long)timeout others to
 *                uaddr2
 * FUTEX_PRIVATE is a hint that no other process shares the word.
 */
#ifndef OSIER_ABI_FUTEX_H
#define OSIER_ABI_FUTEX_H

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define FUTEX_PRIVATE		128
#define FUTEX_CLOCK_REALTIME	256
#define FUTEX_CMD_MASK		(~(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME))
#define FUTEX_BITSET_ANY	0xffffffffU

#endif /* OSIER_ABI_FUTEX_H */
