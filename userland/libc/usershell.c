/* The shells a user may have: /etc/shells, or the one there always is. */
#include "osier.h"
#include <paths.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *shells;
static int builtin;		/* there is no file, and /bin/sh has been given out */

char *getusershell(void)
{
	static char line[1024];

	if (!shells && !builtin)
		shells = fopen(_PATH_SHELLS, "re");
	if (!shells) {
		if (builtin++)
			return NULL;
		return strcpy(line, _PATH_BSHELL);
	}
	while (fgets(line, sizeof line, shells)) {
		line[strcspn(line, " \t\n#")] = 0;
		if (*line == '/')
			return line;
	}
	return NULL;
}

void setusershell(void)
{
	endusershell();
}

void endusershell(void)
{
	if (shells)
		fclose(shells);
	shells = NULL;
	builtin = 0;
}
