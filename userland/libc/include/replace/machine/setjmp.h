/* jmp_buf and sigjmp_buf are one type: eight registers, whether the mask was saved, the mask. */
#ifndef _MACHINE_SETJMP_H
#define _MACHINE_SETJMP_H

#define _JBLEN	16
#define _JBTYPE	long long

typedef _JBTYPE jmp_buf[_JBLEN];
typedef _JBTYPE sigjmp_buf[_JBLEN];

#ifdef __cplusplus
extern "C" {
#endif
int sigsetjmp(sigjmp_buf, int) __attribute__((__returns_twice__));
void siglongjmp(sigjmp_buf, int) __attribute__((__noreturn__));
int _setjmp(jmp_buf) __attribute__((__returns_twice__));
void _longjmp(jmp_buf, int) __attribute__((__noreturn__));
#ifdef __cplusplus
}
#endif

#define sigsetjmp(env, save)	sigsetjmp(env, save)
#define siglongjmp(env, value)	siglongjmp(env, value)

#endif /* _MACHINE_SETJMP_H */
