/*
 * The CMOS clock: read once at boot, taken to be UTC as QEMU and most Unix machines keep it.
 */
#include "dev/rtc.h"

#include "arch/x86_64/boot_info.h"
#include "arch/x86_64/cpu.h"
#include "debug/log.h"
#include "task/timer.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71

enum cmos_register {
	CMOS_SECONDS = 0x00,
	CMOS_MINUTES = 0x02,
	CMOS_HOURS = 0x04,
	CMOS_DAY = 0x07,
	CMOS_MONTH = 0x08,
	CMOS_YEAR = 0x09,
	CMOS_STATUS_A = 0x0a,
	CMOS_STATUS_B = 0x0b,
};

struct rtc_reading {
	uint8_t seconds, minutes, hours, day, month, year;
};

static uint8_t cmos_read(unsigned reg)
{
	/* Bit 7 clear: NMI stays on. */
	outb(CMOS_INDEX, (uint8_t)reg);
	return inb(CMOS_DATA);
}

static struct rtc_reading read_once(void)
{
	/* The registers change together once a second, announced by this bit. */
	for (unsigned i = 0; i < 1000000 && cmos_read(CMOS_STATUS_A) & 0x80; i++)
		cpu_pause();
	return (struct rtc_reading){
		.seconds = cmos_read(CMOS_SECONDS), .minutes = cmos_read(CMOS_MINUTES), .hours = cmos_read(CMOS_HOURS),
		.day = cmos_read(CMOS_DAY), .month = cmos_read(CMOS_MONTH), .year = cmos_read(CMOS_YEAR),
	};
}

static bool same(const struct rtc_reading *a, const struct rtc_reading *b)
{
	return a->seconds == b->seconds && a->minutes == b->minutes && a->hours == b->hours && a->day == b->day &&
	       a->month == b->month && a->year == b->year;
}

static unsigned decode(uint8_t value, bool binary)
{
	return binary ? value : (value >> 4) * 10u + (value & 15);
}

/* Days from 1970-01-01 in the Gregorian calendar; month 1..12. */
static uint64_t days_from_civil(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month <= 2 ? year - 1 : year, era = y / 400, year_of_era = y % 400;
	unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return (uint64_t)era * 146097 + day_of_era - 719468;
}

void rtc_init(void)
{
	struct rtc_reading reading, again = read_once();
	unsigned hours, year, month, day;
	uint8_t status;
	bool binary, afternoon;
	uint64_t seconds;

	if (cmdline_has("clock")) {
		clock_init_realtime(cmdline_get_number("clock", 0));
		return;
	}
	/* Twice the same: not read in the middle of a change. */
	for (unsigned i = 0; i < 5; i++) {
		reading = again;
		again = read_once();
		if (same(&reading, &again))
			break;
	}
	reading = again;
	status = cmos_read(CMOS_STATUS_B);
	binary = status & 4;
	afternoon = reading.hours & 0x80;
	hours = decode(reading.hours & 0x7f, binary);
	if (!(status & 2)) {
		/* Twelve hours: 12 comes before 1. */
		hours = hours % 12 + (afternoon ? 12 : 0);
	}
	year = 2000 + decode(reading.year, binary);
	month = decode(reading.month, binary);
	day = decode(reading.day, binary);
	if (month < 1 || month > 12 || day < 1 || day > 31 || hours > 23) {
		log_warn("rtc: the clock shows no date, beginning at 1970");
		clock_init_realtime(0);
		return;
	}
	seconds = days_from_civil(year, month, day) * 86400 + hours * 3600u + decode(reading.minutes, binary) * 60u +
		  decode(reading.seconds, binary);
	clock_init_realtime(seconds);
	log_info("rtc: %04u-%02u-%02u %02u:%02u:%02u UTC", year, month, day, hours, decode(reading.minutes, binary),
		 decode(reading.seconds, binary));
}
