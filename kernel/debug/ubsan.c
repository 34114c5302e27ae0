/*
 * What the compiler's undefined-behaviour checks call in the debug build: each is a bug, so each is a panic that says
 * what and where. The structures are the compiler's.
 */
#include "debug/panic.h"

#include <osier/types.h>

struct source_location {
	const char *file;
	uint32_t line, column;
};

struct type_descriptor {
	uint16_t kind;			/* 0: integer */
	uint16_t info;			/* integer: bit 0 signed, the rest log2 of the width */
	char name[];
};

struct overflow_data { struct source_location where; const struct type_descriptor *type; };
struct shift_data { struct source_location where; const struct type_descriptor *left, *right; };
struct bounds_data { struct source_location where; const struct type_descriptor *array, *index; };
struct mismatch_data {
	struct source_location where;
	const struct type_descriptor *type;
	uint8_t log_alignment, access;
};
struct value_data { struct source_location where; const struct type_descriptor *type; };
struct place_data { struct source_location where; };
struct nonnull_data { struct source_location where, attribute; int argument; };
struct builtin_data { struct source_location where; uint8_t kind; };

/* The compiler calls these by name. */
#define HANDLER(name, ...)                       \
	void __ubsan_handle_##name(__VA_ARGS__); \
	void __ubsan_handle_##name(__VA_ARGS__)

#define AT "%s:%u: undefined behaviour: "
#define WHERE (data)->where.file, (data)->where.line

/* A value is in the word itself when it fits, which every kernel integer does. */
static int64_t value_of(const struct type_descriptor *type, uint64_t value)
{
	unsigned bits = 1u << (type->info >> 1);

	if (type->kind == 0 && type->info & 1 && bits < 64)
		return (int64_t)(value << (64 - bits)) >> (64 - bits);
	return (int64_t)value;
}

HANDLER(add_overflow, struct overflow_data *data, uint64_t a, uint64_t b)
{
	panic(AT "%ld + %ld overflows %s", WHERE, value_of(data->type, a), value_of(data->type, b), data->type->name);
}

HANDLER(sub_overflow, struct overflow_data *data, uint64_t a, uint64_t b)
{
	panic(AT "%ld - %ld overflows %s", WHERE, value_of(data->type, a), value_of(data->type, b), data->type->name);
}

HANDLER(mul_overflow, struct overflow_data *data, uint64_t a, uint64_t b)
{
	panic(AT "%ld * %ld overflows %s", WHERE, value_of(data->type, a), value_of(data->type, b), data->type->name);
}

HANDLER(negate_overflow, struct overflow_data *data, uint64_t a)
{
	panic(AT "-(%ld) overflows %s", WHERE, value_of(data->type, a), data->type->name);
}

HANDLER(divrem_overflow, struct overflow_data *data, uint64_t a, uint64_t b)
{
	panic(AT "%ld / %ld in %s", WHERE, value_of(data->type, a), value_of(data->type, b), data->type->name);
}

HANDLER(shift_out_of_bounds, struct shift_data *data, uint64_t a, uint64_t b)
{
	panic(AT "shift of %ld by %ld in %s", WHERE, value_of(data->left, a), value_of(data->right, b), data->left->name);
}

HANDLER(out_of_bounds, struct bounds_data *data, uint64_t index)
{
	panic(AT "index %ld outside %s", WHERE, value_of(data->index, index), data->array->name);
}

HANDLER(type_mismatch_v1, struct mismatch_data *data, uint64_t address)
{
	panic(AT "%s at 0x%lx as %s", WHERE, address ? "misaligned or too small object" : "null pointer used", address,
	      data->type->name);
}

HANDLER(load_invalid_value, struct value_data *data, uint64_t value)
{
	panic(AT "%lu is no value of %s", WHERE, value, data->type->name);
}

HANDLER(vla_bound_not_positive, struct value_data *data, uint64_t bound)
{
	panic(AT "array of %ld elements", WHERE, (int64_t)bound);
}

HANDLER(builtin_unreachable, struct place_data *data)
{
	panic(AT "unreachable code reached", WHERE);
}

HANDLER(missing_return, struct place_data *data)
{
	panic(AT "function without a result", WHERE);
}

HANDLER(nonnull_arg, struct nonnull_data *data)
{
	panic(AT "null for argument %d", WHERE, data->argument);
}

HANDLER(nonnull_return_v1, struct place_data *data, struct source_location *where)
{
	panic("%s:%u: undefined behaviour: null returned", where->file, where->line);
}

HANDLER(invalid_builtin, struct builtin_data *data)
{
	panic(AT "zero handed to a bit-counting builtin", WHERE);
}
