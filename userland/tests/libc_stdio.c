/* stdio, strings, conversions: where newlib meets our types and calls. */
#include "tap.h"
#include <ctype.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <wchar.h>

static char out[256];

#define prints(want, ...) do {							\
	snprintf(out, sizeof out, __VA_ARGS__);					\
	ok(!strcmp(out, want), "printf %s", want);				\
	if (strcmp(out, want))							\
		printf("# got %s\n", out);					\
} while (0)

int main(void)
{
	char *line = NULL, buf[64];
	size_t size = 0;
	struct tm tm = { .tm_year = 124, .tm_mon = 1, .tm_mday = 29, .tm_hour = 12 };
	time_t t;
	int a, b;
	long double ld;
	FILE *f;

	prints("2 1", "%2$d %1$d", 1, 2);
	prints("c a b", "%3$s %1$s %2$s", "a", "b", "c");
	prints("  007|7   |+7", "%5.3d|%-4d|%+d", 7, 7, 7);
	prints("0.1 1e+300 nan inf", "%g %g %g %g", 0.1, 1e300, (double)NAN, (double)INFINITY);
	prints("3.14159", "%.5Lf", 3.14159265L);
	prints("0x1.8p+1", "%a", 3.0);
	prints("18446744073709551615", "%" PRIu64, UINT64_MAX);
	prints("-9223372036854775808", "%lld", LLONG_MIN);
	prints("123 456 789", "%zu %jd %td", (size_t)123, (intmax_t)456, (ptrdiff_t)789);
	is(sizeof(long double), sizeof(double), "long double is double");
	is(LDBL_MANT_DIG, DBL_MANT_DIG, "and <float.h> says so");
	is(sscanf("12 0x1f word 3.5", "%d %i %63s %Lf", &a, &b, buf, &ld), 4, "sscanf counts");
	ok(a == 12 && b == 31 && !strcmp(buf, "word") && ld == 3.5L, "sscanf converts");
	ok(strtold("2.5e3", NULL) == 2500.0L && sqrtl(2.25L) == 1.5L, "long double functions");
	ok(strtoul("0xffffffffffffffff", NULL, 0) == ULONG_MAX, "strtoul");

	f = tmpfile();
	ok(f != NULL, "tmpfile");
	if (f) {
		fprintf(f, "one\ntwo two\n\nlast");
		rewind(f);
		is(getline(&line, &size, f), 4, "getline: length with the newline");
		is(getdelim(&line, &size, ' ', f), 4, "getdelim");
		is(getline(&line, &size, f), 4, "getline: rest of the line");
		is(getline(&line, &size, f), 1, "getline: empty line");
		is(getline(&line, &size, f), 4, "getline: no newline at the end");
		is(getline(&line, &size, f), -1, "getline: end of file");
		is(fseek(f, -4, SEEK_END), 0, "fseek");
		is(ftell(f), 13, "ftell");
		fclose(f);
	}
	f = popen("exit 3", "r");
	if (f)
		is(pclose(f), 3 << 8, "pclose gives the status");
	f = open_memstream(&line, &size);
	fprintf(f, "%d", 12345);
	fclose(f);
	ok(size == 5 && !strcmp(line, "12345"), "open_memstream");

	t = timegm(&tm);
	is(t, 1709208000, "timegm of a leap day");
	is(tm.tm_wday, 4, "it was a Thursday");
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	t = 1720000000;
	localtime_r(&t, &tm);
	ok(tm.tm_hour == 11 && tm.tm_isdst == 1 && tm.tm_gmtoff == 7200 && !strcmp(tm.tm_zone, "CEST"),
	   "localtime with summer time");
	strftime(out, sizeof out, "%F %T %z %Z", &tm);
	ok(!strcmp(out, "2024-07-03 11:46:40 +0200 CEST"), "strftime %s", out);
	is(mktime(&tm), t, "mktime is the inverse");
	unsetenv("TZ");
	localtime_r(&t, &tm);
	ok(tm.tm_hour == 9 && tm.tm_gmtoff == 0, "without TZ it is UTC");

	ok(setlocale(LC_ALL, "C.UTF-8") != NULL, "locale C.UTF-8");
	{
		wchar_t wide[8];

		is(mbstowcs(wide, "\xc3\xa4\xe2\x82\xac", 8), 2, "UTF-8 is decoded");
		ok(wide[0] == 0xe4 && wide[1] == 0x20ac, "into the right characters");
	}
	setlocale(LC_ALL, "C");
	ok(!isalpha(0xe4), "locale C is ASCII");
	return done();
}
