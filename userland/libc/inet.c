/* Byte order of the network, and internet addresses as text. */
#include "osier.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t htonl(uint32_t x)
{
	return __builtin_bswap32(x);
}

uint16_t htons(uint16_t x)
{
	return __builtin_bswap16(x);
}

uint32_t ntohl(uint32_t x)
{
	return __builtin_bswap32(x);
}

uint16_t ntohs(uint16_t x)
{
	return __builtin_bswap16(x);
}

/* One to four parts, decimal, octal or hexadecimal; the last one fills what is left. */
int inet_aton(const char *text, struct in_addr *out)
{
	unsigned long part[4];
	int n = 0;

	for (;;) {
		char *end;

		if (*text < '0' || *text > '9')
			return 0;
		part[n++] = strtoul(text, &end, 0);
		text = end;
		if (*text != '.')
			break;
		if (n == 4)
			return 0;
		text++;
	}
	if (*text && *text != ' ' && *text != '\t' && *text != '\n')
		return 0;
	for (int i = 0; i < n - 1; i++) {
		if (part[i] > 255)
			return 0;
	}
	if (part[n - 1] >> (8 * (5 - n)))
		return 0;
	for (int i = 0; i < n - 1; i++)
		part[n - 1] |= part[i] << (8 * (3 - i));
	out->s_addr = htonl((uint32_t)part[n - 1]);
	return 1;
}

in_addr_t inet_addr(const char *text)
{
	struct in_addr address;

	return inet_aton(text, &address) ? address.s_addr : INADDR_NONE;
}

char *inet_ntoa(struct in_addr address)
{
	static char text[INET_ADDRSTRLEN];

	return (char *)inet_ntop(AF_INET, &address, text, sizeof text);
}

const char *inet_ntop(int family, const void *restrict source, char *restrict out, socklen_t size)
{
	const unsigned char *a = source;
	char text[INET6_ADDRSTRLEN];
	int n = 0, best = -1, best_length = 1;

	switch (family) {
	case AF_INET:
		n = snprintf(text, sizeof text, "%d.%d.%d.%d", a[0], a[1], a[2], a[3]);
		break;
	case AF_INET6:
		/* The longest run of zero groups, of two at least, becomes "::". */
		for (int i = 0; i < 8; i++) {
			int length = 0;

			while (i + length < 8 && !a[2 * (i + length)] && !a[2 * (i + length) + 1])
				length++;
			if (length > best_length) {
				best = i;
				best_length = length;
			}
		}
		text[0] = 0;
		for (int i = 0; i < 8; i++) {
			if (i == best) {
				n += snprintf(text + n, sizeof text - n, "::");
				i += best_length - 1;
				continue;
			}
			n += snprintf(text + n, sizeof text - n, "%s%x",
				      n && text[n - 1] != ':' ? ":" : "",
				      a[2 * i] << 8 | a[2 * i + 1]);
		}
		break;
	default:
		errno = EAFNOSUPPORT;
		return NULL;
	}
	if ((socklen_t)n >= size) {
		errno = ENOSPC;
		return NULL;
	}
	return strcpy(out, text);
}

static int parse4(const char *text, unsigned char *out)
{
	for (int i = 0; i < 4; i++) {
		int value = 0, digits = 0;

		while (*text >= '0' && *text <= '9') {
			value = value * 10 + *text++ - '0';
			if (++digits > 3 || value > 255)
				return 0;
		}
		if (!digits || *text != (i < 3 ? '.' : 0))
			return 0;
		out[i] = (unsigned char)value;
		text++;
	}
	return 1;
}

static int parse6(const char *text, unsigned char *out)
{
	unsigned char group[16];
	int n = 0, gap = -1;

	if (text[0] == ':' && text[1] != ':')
		return 0;
	if (text[0] == ':')
		text++;
	for (;;) {
		unsigned int value = 0;
		int digits = 0;
		const char *start = text;

		if (*text == ':') {
			if (gap >= 0)
				return 0;
			gap = n;
			text++;
			if (!*text)
				break;
			continue;
		}
		for (; strchr("0123456789abcdefABCDEF", *text) && *text; text++) {
			int c = *text | 32;

			value = value << 4 | (unsigned int)(c >= 'a' ? c - 'a' + 10 : c - '0');
			if (++digits > 4)
				return 0;
		}
		if (!digits)
			return 0;
		if (*text == '.') {
			if (n > 12 || !parse4(start, group + n))
				return 0;
			n += 4;
			break;
		}
		if (n > 14)
			return 0;
		group[n++] = (unsigned char)(value >> 8);
		group[n++] = (unsigned char)value;
		if (!*text)
			break;
		if (*text++ != ':' || !*text)
			return 0;
	}
	if (gap < 0 ? n != 16 : n == 16)
		return 0;
	memset(out, 0, 16);
	if (gap < 0)
		gap = n;
	memcpy(out, group, (size_t)gap);
	memcpy(out + 16 - (n - gap), group + gap, (size_t)(n - gap));
	return 1;
}

int inet_pton(int family, const char *restrict text, void *restrict out)
{
	unsigned char address[16];

	switch (family) {
	case AF_INET:
		if (!parse4(text, address))
			return 0;
		memcpy(out, address, 4);
		return 1;
	case AF_INET6:
		if (!parse6(text, address))
			return 0;
		memcpy(out, address, 16);
		return 1;
	}
	errno = EAFNOSUPPORT;
	return -1;
}
