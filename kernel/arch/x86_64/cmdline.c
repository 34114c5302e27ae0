/*
 * The kernel's command line: words separated by blanks, `key=value` or `key`. Split in place, once; a value may be in double
 * quotes. What is nonsense is logged and ignored.
 */
#include "arch/x86_64/boot_info.h"
#include "debug/log.h"
#include "lib/string.h"

#define WORDS_MAX 64

static struct { const char *key, *value; bool asked; } words[WORDS_MAX];
static unsigned word_count;
static bool split_done;
static char text[BOOT_COMMAND_LINE_MAX];

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	       c == '-' || c == '/';
}

static void add_word(char *word)
{
	char *equals = strchr(word, '=');

	if (equals)
		*equals = 0;
	if (!*word || word_count == WORDS_MAX) {
		log_warn("command line: word \"%s%s%s\" ignored", word, equals ? "=" : "", equals ? equals + 1 : "");
		return;
	}
	for (const char *c = word; *c; c++) {
		if (!is_key_char(*c)) {
			log_warn("command line: a word that is no key or key=value is ignored");
			return;
		}
	}
	words[word_count].key = word;
	words[word_count++].value = equals ? equals + 1 : "";
}

static void split(void)
{
	char *from, *to;

	split_done = true;
	string_copy(text, boot_info.command_line, sizeof(text));
	for (from = text; *from;) {
		bool quoted = false;
		char *word;

		while (is_blank(*from))
			from++;
		if (!*from)
			break;
		word = to = from;
		while (*from && (quoted || !is_blank(*from))) {
			if (*from == '"')
				quoted = !quoted;
			else
				*to++ = *from;
			from++;
		}
		if (*from)
			from++;
		*to = 0;
		add_word(word);
	}
}

const char *cmdline_get(const char *key)
{
	const char *value = NULL;

	if (!split_done)
		split();
	/* The last one counts, so that a boot menu's line can be overridden by appending. */
	for (unsigned i = 0; i < word_count; i++) {
		if (strcmp(words[i].key, key) == 0) {
			words[i].asked = true;
			value = words[i].value;
		}
	}
	return value;
}

bool cmdline_has(const char *key)
{
	return cmdline_get(key) != NULL;
}

uint64_t cmdline_get_number(const char *key, uint64_t otherwise)
{
	const char *value = cmdline_get(key);
	char digits[32];
	size_t length;
	unsigned shift = 0;
	uint64_t number;

	if (!value)
		return otherwise;
	length = strlen(value);
	if (length > 0 && length < sizeof(digits)) {
		char suffix = value[length - 1];

		shift = suffix == 'k' || suffix == 'K' ? 10 : suffix == 'm' || suffix == 'M' ? 20 :
			suffix == 'g' || suffix == 'G' ? 30 : 0;
		memcpy(digits, value, length);
		digits[shift ? length - 1 : length] = 0;
		if (string_to_u64(digits, 0, &number) == 0 && number <= UINT64_MAX >> shift)
			return number << shift;
	}
	log_warn("command line: %s=%s is no number, ignored", key, value);
	return otherwise;
}

void cmdline_check(void)
{
	if (!split_done)
		split();
	for (unsigned i = 0; i < word_count; i++)
		if (!words[i].asked && words[i].key[0] != '/')
			log_info("command line: nobody knows \"%s\", ignored", words[i].key);
}
