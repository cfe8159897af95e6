'use strict';
// What the command line reports in one line, without a stack: the user's to mend.

/** The program cannot be run, or not be read. */
class CliError extends Error {
  exitCode = 1;
}

/** The command line makes no sense. */
class UsageError extends CliError {
  exitCode = 2;
}

/** The user asks what the command line is. */
class HelpWanted extends CliError {
  exitCode = 0;
}

module.exports = { CliError, HelpWanted, UsageError };
