define void @run(ptr %table, i64 %steps, i64 %rank, ptr %meeting) #0 {
entry:
  %control = alloca i32
  %flushing = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %control)
  %control.now = load i32, ptr %control
  %control.new = or i32 %control.now, 32768
  store i32 %control.new, ptr %flushing
  call void @llvm.x86.sse.ldmxcsr(ptr %flushing)
  %p1 = getelementptr ptr, ptr %table, i64 0
  %status = load ptr, ptr %p1, align 8
  %p2 = getelementptr ptr, ptr %table, i64 1
  %order = load ptr, ptr %p2, align 8
  %p3 = getelementptr ptr, ptr %table, i64 2
  %bounds = load ptr, ptr %p3, align 8
  %p4 = getelementptr ptr, ptr %table, i64 3
  %record = load ptr, ptr %p4, align 8
  %p5 = getelementptr i64, ptr %status, i64 1
  %capacity = load i64, ptr %p5, align 8
  %p6 = getelementptr ptr, ptr %table, i64 4
  %"state/x" = load ptr, ptr %p6, align 8
  %p7 = getelementptr ptr, ptr %table, i64 5
  %"state/weight" = load ptr, ptr %p7, align 8
  %p8 = getelementptr ptr, ptr %table, i64 6
  %"state/bias" = load ptr, ptr %p8, align 8
  %p9 = getelementptr ptr, ptr %table, i64 7
  %"state/y" = load ptr, ptr %p9, align 8
  %p10 = getelementptr i64, ptr %bounds, i64 0
  %v13 = load i64, ptr %p10, align 8
  %p11 = getelementptr ptr, ptr %table, i64 8
  %contract.0 = load ptr, ptr %p11, align 8
  %p12 = getelementptr ptr, ptr %table, i64 9
  %maximum.0 = load ptr, ptr %p12, align 8
  %p13 = getelementptr ptr, ptr %table, i64 10
  %"scratch/next/y" = load ptr, ptr %p13, align 8
  %anyturn1 = icmp slt i64 0, %steps
  br i1 %anyturn1, label %turn1, label %after2

turn1:
  %v17 = phi i64 [ 0, %entry ], [ %nextturn1, %after7 ]
  %p14 = getelementptr i64, ptr %bounds, i64 %v17
  %v18 = load i64, ptr %p14, align 8
  %v19 = add i64 %v17, 1
  %p15 = getelementptr i64, ptr %bounds, i64 %v19
  %v20 = load i64, ptr %p15, align 8
  %rows = sub i64 %v20, %v18
  %p16 = getelementptr i8, ptr %record, i64 %v17
  %v22 = load i8, ptr %p16, align 1
  %v23 = icmp ne i8 %v22, 0
  br label %turn3

turn3:
  %v24 = phi i64 [ 0, %turn1 ], [ %nextturn3, %after6 ]
  %v25 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v92, %after6 ]
  %v26 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v93, %after6 ]
  %v27 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v94, %after6 ]
  %v28 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v95, %after6 ]
  %v29 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v96, %after6 ]
  %v30 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v97, %after6 ]
  %v31 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v98, %after6 ]
  %v32 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v99, %after6 ]
  %v33 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v100, %after6 ]
  %v34 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v101, %after6 ]
  %v35 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v102, %after6 ]
  %v36 = phi <8 x float> [ zeroinitializer, %turn1 ], [ %v103, %after6 ]
  br label %turn5

turn5:
  %v37 = phi i64 [ 0, %turn3 ], [ %nextturn5, %turn5 ]
  %v38 = phi <8 x float> [ %v25, %turn3 ], [ %v60, %turn5 ]
  %v39 = phi <8 x float> [ %v26, %turn3 ], [ %v61, %turn5 ]
  %v40 = phi <8 x float> [ %v27, %turn3 ], [ %v66, %turn5 ]
  %v41 = phi <8 x float> [ %v28, %turn3 ], [ %v67, %turn5 ]
  %v42 = phi <8 x float> [ %v29, %turn3 ], [ %v72, %turn5 ]
  %v43 = phi <8 x float> [ %v30, %turn3 ], [ %v73, %turn5 ]
  %v44 = phi <8 x float> [ %v31, %turn3 ], [ %v78, %turn5 ]
  %v45 = phi <8 x float> [ %v32, %turn3 ], [ %v79, %turn5 ]
  %v46 = phi <8 x float> [ %v33, %turn3 ], [ %v84, %turn5 ]
  %v47 = phi <8 x float> [ %v34, %turn3 ], [ %v85, %turn5 ]
  %v48 = phi <8 x float> [ %v35, %turn3 ], [ %v90, %turn5 ]
  %v49 = phi <8 x float> [ %v36, %turn3 ], [ %v91, %turn5 ]
  %v50 = mul i64 %v24, 32
  %v51 = add i64 %v50, %v37
  %v52 = mul i64 %v51, 16
  %p17 = getelementptr float, ptr %"state/weight", i64 %v52
  %v53 = load <8 x float>, ptr %p17, align 4
  %v54 = add i64 %v52, 8
  %p18 = getelementptr float, ptr %"state/weight", i64 %v54
  %v55 = load <8 x float>, ptr %p18, align 4
  %v56 = mul i64 %v24, 192
  %v57 = add i64 %v56, %v37
  %p19 = getelementptr float, ptr %"state/x", i64 %v57
  %v58 = load float, ptr %p19, align 4
  %s20 = insertelement <8 x float> poison, float %v58, i64 0
  %v59 = shufflevector <8 x float> %s20, <8 x float> poison, <8 x i32> zeroinitializer
  %v60 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v53, <8 x float> %v38)
  %v61 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v55, <8 x float> %v39)
  %v62 = add i64 %v56, 32
  %v63 = add i64 %v57, 32
  %p21 = getelementptr float, ptr %"state/x", i64 %v63
  %v64 = load float, ptr %p21, align 4
  %s22 = insertelement <8 x float> poison, float %v64, i64 0
  %v65 = shufflevector <8 x float> %s22, <8 x float> poison, <8 x i32> zeroinitializer
  %v66 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v65, <8 x float> %v53, <8 x float> %v40)
  %v67 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v65, <8 x float> %v55, <8 x float> %v41)
  %v68 = add i64 %v56, 64
  %v69 = add i64 %v57, 64
  %p23 = getelementptr float, ptr %"state/x", i64 %v69
  %v70 = load float, ptr %p23, align 4
  %s24 = insertelement <8 x float> poison, float %v70, i64 0
  %v71 = shufflevector <8 x float> %s24, <8 x float> poison, <8 x i32> zeroinitializer
  %v72 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v71, <8 x float> %v53, <8 x float> %v42)
  %v73 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v71, <8 x float> %v55, <8 x float> %v43)
  %v74 = add i64 %v56, 96
  %v75 = add i64 %v57, 96
  %p25 = getelementptr float, ptr %"state/x", i64 %v75
  %v76 = load float, ptr %p25, align 4
  %s26 = insertelement <8 x float> poison, float %v76, i64 0
  %v77 = shufflevector <8 x float> %s26, <8 x float> poison, <8 x i32> zeroinitializer
  %v78 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v77, <8 x float> %v53, <8 x float> %v44)
  %v79 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v77, <8 x float> %v55, <8 x float> %v45)
  %v80 = add i64 %v56, 128
  %v81 = add i64 %v57, 128
  %p27 = getelementptr float, ptr %"state/x", i64 %v81
  %v82 = load float, ptr %p27, align 4
  %s28 = insertelement <8 x float> poison, float %v82, i64 0
  %v83 = shufflevector <8 x float> %s28, <8 x float> poison, <8 x i32> zeroinitializer
  %v84 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v83, <8 x float> %v53, <8 x float> %v46)
  %v85 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v83, <8 x float> %v55, <8 x float> %v47)
  %v86 = add i64 %v56, 160
  %v87 = add i64 %v57, 160
  %p29 = getelementptr float, ptr %"state/x", i64 %v87
  %v88 = load float, ptr %p29, align 4
  %s30 = insertelement <8 x float> poison, float %v88, i64 0
  %v89 = shufflevector <8 x float> %s30, <8 x float> poison, <8 x i32> zeroinitializer
  %v90 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v89, <8 x float> %v53, <8 x float> %v48)
  %v91 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v89, <8 x float> %v55, <8 x float> %v49)
  %nextturn5 = add i64 %v37, 1
  %moreturn5 = icmp slt i64 %nextturn5, 32
  br i1 %moreturn5, label %turn5, label %after6

after6:
  %v92 = phi <8 x float> [ %v60, %turn5 ]
  %v93 = phi <8 x float> [ %v61, %turn5 ]
  %v94 = phi <8 x float> [ %v66, %turn5 ]
  %v95 = phi <8 x float> [ %v67, %turn5 ]
  %v96 = phi <8 x float> [ %v72, %turn5 ]
  %v97 = phi <8 x float> [ %v73, %turn5 ]
  %v98 = phi <8 x float> [ %v78, %turn5 ]
  %v99 = phi <8 x float> [ %v79, %turn5 ]
  %v100 = phi <8 x float> [ %v84, %turn5 ]
  %v101 = phi <8 x float> [ %v85, %turn5 ]
  %v102 = phi <8 x float> [ %v90, %turn5 ]
  %v103 = phi <8 x float> [ %v91, %turn5 ]
  %nextturn3 = add i64 %v24, 1
  %moreturn3 = icmp slt i64 %nextturn3, 2
  br i1 %moreturn3, label %turn3, label %after4

after4:
  %v104 = phi <8 x float> [ %v92, %after6 ]
  %v105 = phi <8 x float> [ %v93, %after6 ]
  %v106 = phi <8 x float> [ %v94, %after6 ]
  %v107 = phi <8 x float> [ %v95, %after6 ]
  %v108 = phi <8 x float> [ %v96, %after6 ]
  %v109 = phi <8 x float> [ %v97, %after6 ]
  %v110 = phi <8 x float> [ %v98, %after6 ]
  %v111 = phi <8 x float> [ %v99, %after6 ]
  %v112 = phi <8 x float> [ %v100, %after6 ]
  %v113 = phi <8 x float> [ %v101, %after6 ]
  %v114 = phi <8 x float> [ %v102, %after6 ]
  %v115 = phi <8 x float> [ %v103, %after6 ]
  %p31 = getelementptr float, ptr %contract.0, i64 0
  store <8 x float> %v104, ptr %p31, align 4
  %p32 = getelementptr float, ptr %"state/bias", i64 0
  %v116 = load <8 x float>, ptr %p32, align 4
  %v117 = fadd <8 x float> %v104, %v116
  %v118 = fcmp ole <8 x float> %v117, zeroinitializer
  %v119 = select <8 x i1> %v118, <8 x float> zeroinitializer, <8 x float> %v117
  %p33 = getelementptr float, ptr %"state/y", i64 0
  store <8 x float> %v119, ptr %p33, align 4
  %p34 = getelementptr float, ptr %contract.0, i64 8
  store <8 x float> %v105, ptr %p34, align 4
  %p35 = getelementptr float, ptr %"state/bias", i64 8
  %v120 = load <8 x float>, ptr %p35, align 4
  %v121 = fadd <8 x float> %v105, %v120
  %v122 = fcmp ole <8 x float> %v121, zeroinitializer
  %v123 = select <8 x i1> %v122, <8 x float> zeroinitializer, <8 x float> %v121
  %p36 = getelementptr float, ptr %"state/y", i64 8
  store <8 x float> %v123, ptr %p36, align 4
  %p37 = getelementptr float, ptr %contract.0, i64 16
  store <8 x float> %v106, ptr %p37, align 4
  %p38 = getelementptr float, ptr %"state/bias", i64 0
  %v124 = load <8 x float>, ptr %p38, align 4
  %v125 = fadd <8 x float> %v106, %v124
  %v126 = fcmp ole <8 x float> %v125, zeroinitializer
  %v127 = select <8 x i1> %v126, <8 x float> zeroinitializer, <8 x float> %v125
  %p39 = getelementptr float, ptr %"state/y", i64 16
  store <8 x float> %v127, ptr %p39, align 4
  %p40 = getelementptr float, ptr %contract.0, i64 24
  store <8 x float> %v107, ptr %p40, align 4
  %p41 = getelementptr float, ptr %"state/bias", i64 8
  %v128 = load <8 x float>, ptr %p41, align 4
  %v129 = fadd <8 x float> %v107, %v128
  %v130 = fcmp ole <8 x float> %v129, zeroinitializer
  %v131 = select <8 x i1> %v130, <8 x float> zeroinitializer, <8 x float> %v129
  %p42 = getelementptr float, ptr %"state/y", i64 24
  store <8 x float> %v131, ptr %p42, align 4
  %p43 = getelementptr float, ptr %contract.0, i64 32
  store <8 x float> %v108, ptr %p43, align 4
  %p44 = getelementptr float, ptr %"state/bias", i64 0
  %v132 = load <8 x float>, ptr %p44, align 4
  %v133 = fadd <8 x float> %v108, %v132
  %v134 = fcmp ole <8 x float> %v133, zeroinitializer
  %v135 = select <8 x i1> %v134, <8 x float> zeroinitializer, <8 x float> %v133
  %p45 = getelementptr float, ptr %"state/y", i64 32
  store <8 x float> %v135, ptr %p45, align 4
  %p46 = getelementptr float, ptr %contract.0, i64 40
  store <8 x float> %v109, ptr %p46, align 4
  %p47 = getelementptr float, ptr %"state/bias", i64 8
  %v136 = load <8 x float>, ptr %p47, align 4
  %v137 = fadd <8 x float> %v109, %v136
  %v138 = fcmp ole <8 x float> %v137, zeroinitializer
  %v139 = select <8 x i1> %v138, <8 x float> zeroinitializer, <8 x float> %v137
  %p48 = getelementptr float, ptr %"state/y", i64 40
  store <8 x float> %v139, ptr %p48, align 4
  %p49 = getelementptr float, ptr %contract.0, i64 48
  store <8 x float> %v110, ptr %p49, align 4
  %p50 = getelementptr float, ptr %"state/bias", i64 0
  %v140 = load <8 x float>, ptr %p50, align 4
  %v141 = fadd <8 x float> %v110, %v140
  %v142 = fcmp ole <8 x float> %v141, zeroinitializer
  %v143 = select <8 x i1> %v142, <8 x float> zeroinitializer, <8 x float> %v141
  %p51 = getelementptr float, ptr %"state/y", i64 48
  store <8 x float> %v143, ptr %p51, align 4
  %p52 = getelementptr float, ptr %contract.0, i64 56
  store <8 x float> %v111, ptr %p52, align 4
  %p53 = getelementptr float, ptr %"state/bias", i64 8
  %v144 = load <8 x float>, ptr %p53, align 4
  %v145 = fadd <8 x float> %v111, %v144
  %v146 = fcmp ole <8 x float> %v145, zeroinitializer
  %v147 = select <8 x i1> %v146, <8 x float> zeroinitializer, <8 x float> %v145
  %p54 = getelementptr float, ptr %"state/y", i64 56
  store <8 x float> %v147, ptr %p54, align 4
  %p55 = getelementptr float, ptr %contract.0, i64 64
  store <8 x float> %v112, ptr %p55, align 4
  %p56 = getelementptr float, ptr %"state/bias", i64 0
  %v148 = load <8 x float>, ptr %p56, align 4
  %v149 = fadd <8 x float> %v112, %v148
  %v150 = fcmp ole <8 x float> %v149, zeroinitializer
  %v151 = select <8 x i1> %v150, <8 x float> zeroinitializer, <8 x float> %v149
  %p57 = getelementptr float, ptr %"state/y", i64 64
  store <8 x float> %v151, ptr %p57, align 4
  %p58 = getelementptr float, ptr %contract.0, i64 72
  store <8 x float> %v113, ptr %p58, align 4
  %p59 = getelementptr float, ptr %"state/bias", i64 8
  %v152 = load <8 x float>, ptr %p59, align 4
  %v153 = fadd <8 x float> %v113, %v152
  %v154 = fcmp ole <8 x float> %v153, zeroinitializer
  %v155 = select <8 x i1> %v154, <8 x float> zeroinitializer, <8 x float> %v153
  %p60 = getelementptr float, ptr %"state/y", i64 72
  store <8 x float> %v155, ptr %p60, align 4
  %p61 = getelementptr float, ptr %contract.0, i64 80
  store <8 x float> %v114, ptr %p61, align 4
  %p62 = getelementptr float, ptr %"state/bias", i64 0
  %v156 = load <8 x float>, ptr %p62, align 4
  %v157 = fadd <8 x float> %v114, %v156
  %v158 = fcmp ole <8 x float> %v157, zeroinitializer
  %v159 = select <8 x i1> %v158, <8 x float> zeroinitializer, <8 x float> %v157
  %p63 = getelementptr float, ptr %"state/y", i64 80
  store <8 x float> %v159, ptr %p63, align 4
  %p64 = getelementptr float, ptr %contract.0, i64 88
  store <8 x float> %v115, ptr %p64, align 4
  %p65 = getelementptr float, ptr %"state/bias", i64 8
  %v160 = load <8 x float>, ptr %p65, align 4
  %v161 = fadd <8 x float> %v115, %v160
  %v162 = fcmp ole <8 x float> %v161, zeroinitializer
  %v163 = select <8 x i1> %v162, <8 x float> zeroinitializer, <8 x float> %v161
  %p66 = getelementptr float, ptr %"state/y", i64 88
  store <8 x float> %v163, ptr %p66, align 4
  %p67 = getelementptr i64, ptr %status, i64 0
  %v164 = load i64, ptr %p67, align 8
  %v165 = icmp sle i64 %v164, %v17
  br i1 %v165, label %leave, label %after7

after7:
  %v166 = sub i64 %v18, %v13
  %nextturn1 = add i64 %v17, 1
  %moreturn1 = icmp slt i64 %nextturn1, %steps
  br i1 %moreturn1, label %turn1, label %after2

after2:
  br label %leave

leave:
  call void @llvm.x86.sse.ldmxcsr(ptr %control)
  ret void
}
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
attributes #0 = { nounwind }
