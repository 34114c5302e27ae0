/*
 * mount: without arguments what is mounted; mount [-r] [-o OPTIONS] -t TYPE DEVICE FOLDER mounts.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static const struct option_bit {
	const char *name;
	unsigned long set, clear;
} option_bits[] = {
	{ "ro", MS_RDONLY, 0 },
	{ "rw", 0, MS_RDONLY },
	{ "nosuid", MS_NOSUID, 0 },
	{ "nodev", MS_NODEV, 0 },
	{ "noexec", MS_NOEXEC, 0 },
	{ "noatime", MS_NOATIME, 0 },
	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "remount", MS_REMOUNT, 0 },
	{ "defaults", 0, 0 },
};

/* => 0, or -1 after saying which word is unknown. */
static int read_options(char *words, unsigned long *flags)
{
	for (char *word = strtok(words, ","); word; word = strtok(NULL, ",")) {
		size_t i, count = sizeof option_bits / sizeof option_bits[0];

		for (i = 0; i < count && strcmp(word, option_bits[i].name) != 0; i++)
			;
		if (i == count) {
			fprintf(stderr, "mount: unknown option %s\n", word);
			return -1;
		}
		*flags = (*flags | option_bits[i].set) & ~option_bits[i].clear;
	}
	return 0;
}

static int list(void)
{
	char line[1024], source[256], target[256], type[64], options[256];
	FILE *file = fopen("/proc/mounts", "r");

	if (!file) {
		perror("mount: /proc/mounts");
		return 1;
	}
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "%255s %255s %63s %255s", source, target, type, options) == 4)
			printf("%s on %s type %s (%s)\n", source, target, type, options);
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	const char *type = "ext2";
	unsigned long flags = 0;
	int option;

	while ((option = getopt(argc, argv, "rt:o:")) != -1) {
		if (option == 'r')
			flags |= MS_RDONLY;
		else if (option == 't')
			type = optarg;
		else if (option != 'o' || read_options(optarg, &flags) < 0)
			goto usage;
	}
	if (argc == 1)
		return list();
	if (argc - optind != 2)
		goto usage;
	if (mount(argv[optind], argv[optind + 1], type, flags, NULL) < 0) {
		fprintf(stderr, "mount: %s on %s: %s\n", argv[optind], argv[optind + 1], strerror(errno));
		return 1;
	}
	return 0;
usage:
	fprintf(stderr, "usage: mount [-r] [-t type] [-o options] device folder\n");
	return 2;
}
