/*
 * The battery clock (CMOS).
 */
#ifndef OSIER_DEV_RTC_H
#define OSIER_DEV_RTC_H

/* Reads it and sets the calendar clock; `clock=SECONDS` on the command line is used instead where given. */
void rtc_init(void);

#endif
