/* timegm: the inverse of gmtime. */
#include "osier.h"
#include <time.h>

/* Days from 1970-01-01 to the first of the month; year and month may be out of range. */
static long long days(long long year, long long month)
{
	long long era, yoe, doy;

	year += month / 12;
	month %= 12;
	if (month < 0) {
		month += 12;
		year--;
	}
	/* Years begin in March here, so that the leap day is the last of its year. */
	if (month < 2)
		year--;
	month = (month + 10) % 12;
	era = (year >= 0 ? year : year - 399) / 400;
	yoe = year - era * 400;
	doy = (153 * month + 2) / 5;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

time_t timegm(struct tm *tm)
{
	long long day = days(tm->tm_year + 1900LL, tm->tm_mon) + tm->tm_mday - 1;
	time_t t = day * 86400 + tm->tm_hour * 3600LL + tm->tm_min * 60LL + tm->tm_sec;

	if (!gmtime_r(&t, tm))
		return -1;
	return t;
}

time_t timelocal(struct tm *tm)
{
	return mktime(tm);
}
