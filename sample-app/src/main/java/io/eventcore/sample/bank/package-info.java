/** The sample application: a small bank, told completely. */
@NullMarked
package io.eventcore.sample.bank;

import org.jspecify.annotations.NullMarked;
