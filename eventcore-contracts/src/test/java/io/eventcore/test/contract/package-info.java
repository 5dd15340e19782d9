@NullMarked
package io.eventcore.test.contract;

import org.jspecify.annotations.NullMarked;
